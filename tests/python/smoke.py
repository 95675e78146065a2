"""The library used from Python: the quickest proof that it loads and that calls, records, errors and callbacks cross the boundary.

Kotlin and Swift have tests of every topic; this is the one language that needs nothing installed. Run it with `cargo xtask python-smoke`,
which puts the generated module `amparo` on the path.
"""

import datetime
import tempfile
import unittest

import amparo

PASSPHRASE = "مفتاح طويل وصعب 🗝️ kept by nobody".encode()
# The floor of what the core accepts: fast, and not what an app uses.
QUICK = amparo.Kdf.FIXED(memory_kib=65536, passes=3, lanes=1)
TITLE = "اعتقال تعسفي أمام المحكمة"
# Two directions, letters beyond 16 bits, an emoji of several code points, a combining mark that must not be composed.
NARRATIVE = "قالوا: «توقّف» 👩🏽‍⚖️ — e\u0301 𐤀 \u202bعربي\u202c\nline two"


class FixedClock(amparo.Clock):
    """A host's clock, which the core calls back."""

    time = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)

    def __init__(self):
        self.asked = 0

    def now(self):
        self.asked += 1
        return amparo.ClockReading(time=self.time, trust=amparo.ClockTrust.CHECKED())


class Smoke(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.directory = folder.name + "/vault"

    def create(self, clock=None):
        return amparo.Vault.create(self.directory, PASSPHRASE, QUICK, None, clock)

    def unlock(self, passphrase=PASSPHRASE):
        return amparo.Vault.unlock(self.directory, passphrase, None, None)

    def test_an_incident_comes_back_as_it_was_told(self):
        vault = self.create()
        act = amparo.Act(code=amparo.ActCode.ARBITRARY_DETENTION(), description="٣ رجال")
        told = amparo.IncidentContent(title=TITLE, narrative=NARRATIVE, language="ar", acts=[act], tags=["🚨", "محكمة"])
        saved = vault.incidents().create(told)
        vault.lock()
        self.assertTrue(vault.is_locked())

        again = self.unlock()
        kept = again.incidents().get(saved.id)
        self.assertEqual(kept.content.title, TITLE)
        self.assertEqual(kept.content.narrative, NARRATIVE)
        self.assertEqual(kept.content.tags, ["🚨", "محكمة"])
        self.assertEqual([(a.code, a.description) for a in kept.content.acts], [(act.code, "٣ رجال")])
        self.assertEqual((kept.revision, kept.id), (1, saved.id))
        page = again.incidents().list(10, None)
        self.assertEqual([(i.id, i.heading) for i in page.incidents], [(saved.id, TITLE)])
        self.assertTrue(again.check(None).sound)
        again.lock()

    def test_a_wrong_passphrase_is_an_error_with_its_number_and_opens_nothing(self):
        self.create().lock()
        with self.assertRaises(amparo.VaultError.WrongPassphrase) as raised:
            self.unlock(PASSPHRASE + b".")
        self.assertEqual(raised.exception.code, 104)
        self.assertTrue(raised.exception.text)
        self.assertNotIn("kept by nobody", str(raised.exception))
        self.unlock().lock()

    def test_errors_carry_their_numbers_and_their_fields(self):
        vault = self.create()
        incidents = vault.incidents()
        incident = incidents.create(amparo.IncidentContent(narrative="one"))
        incidents.save(incident.id, 1, amparo.IncidentContent(narrative="two"))
        with self.assertRaises(amparo.IncidentError.Conflict) as raised:
            incidents.save(incident.id, 1, amparo.IncidentContent(narrative="three"))
        self.assertEqual((raised.exception.code, raised.exception.current), (232, 2))
        with self.assertRaises(amparo.VaultError.AlreadyExists) as raised:
            self.create()
        self.assertEqual(raised.exception.code, 101)
        vault.lock()
        with self.assertRaises(amparo.IncidentError.Locked) as raised:
            incidents.get(incident.id)
        self.assertEqual(raised.exception.code, 103)

    def test_the_hosts_clock_is_asked(self):
        clock = FixedClock()
        vault = self.create(clock)
        incident = vault.incidents().create(amparo.IncidentContent(narrative="now"))
        vault.lock()
        self.assertGreater(clock.asked, 0)
        self.assertEqual(incident.created, amparo.Stamp(time=clock.time, clock=amparo.ClockTrust.CHECKED()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
