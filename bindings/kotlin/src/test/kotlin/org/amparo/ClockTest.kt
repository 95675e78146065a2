// The app's clock is what records are stamped with, with how far it is trusted; where it has no answer, the system's, as suspect.
package org.amparo

import org.amparo.core.Clock
import org.amparo.core.ClockException
import org.amparo.core.ClockReading
import org.amparo.core.ClockTrust
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.time.Instant
import kotlin.math.abs

internal class ClockTest {
    @TempDir
    lateinit var folder: Path

    private class Answering(var answer: () -> ClockReading) : Clock {
        override fun now(): ClockReading = answer()
    }

    @Test
    fun recordsAreStampedWithIt() = scenario {
        val time = Instant.parse("2031-02-03T04:05:06Z")
        val clock = Answering { ClockReading(time, ClockTrust.Checked) }
        newVault(folder, clock = clock).use { vault ->
            val saved = vault.incidents.create("Something.")
            assertEquals(time, saved.created.time)
            assertEquals(ClockTrust.Checked, saved.created.clock)

            clock.answer = { ClockReading(time.plusSeconds(60), ClockTrust.Unlisted("gps")) }
            val again = vault.incidents.save(saved, saved.content.copy(title = "Later"))
            assertEquals(time, again.created.time)
            assertEquals(time.plusSeconds(60), again.modified.time)
            assertEquals(ClockTrust.Unlisted("gps"), again.modified.clock)
        }
        unlock(folder, clock = clock).use { vault -> assertEquals(time, vault.incidents.list().incidents.single().created) }
    }

    @Test
    fun withoutAnAnswerTheSystemsIsTakenAsSuspect() = scenario {
        val clock = Answering { throw ClockException.Unavailable() }
        newVault(folder, clock = clock).use { vault ->
            val answers = listOf<() -> ClockReading>(
                { throw ClockException.Unavailable() },
                { error("a defect of the app's") },
                { ClockReading(Instant.now(), ClockTrust.Unlisted("NOT A CODE")) },
            )
            for (answer in answers) {
                clock.answer = answer
                val saved = vault.incidents.create("Something.")
                assertEquals(ClockTrust.Suspect, saved.created.clock)
                assertTrue(abs(saved.created.time.epochSecond - Instant.now().epochSecond) < 60)
            }
        }
    }

    @Test
    fun withoutAClockTheSystemsIsTakenUnchecked() = scenario {
        newVault(folder).use { vault -> assertEquals(ClockTrust.Device, vault.incidents.create("Something.").created.clock) }
    }
}
