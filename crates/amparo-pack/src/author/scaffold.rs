//! The sources of a first pack, to begin from. They lint clean, so that whatever the linter says next is about what was changed.

use time::{Date, Duration};

use super::Sources;
use crate::CoreVersion;

/// The sources of a pack with one checklist in one language.
#[must_use]
pub fn scaffold(id: &str, locale: &str, today: Date) -> Sources {
    let review = today.saturating_add(Duration::days(365));
    let core = CoreVersion::current();
    let pack = format!(
        "\
# A checklist pack. `amparo pack lint` says what is wrong and what to do.
id = \"{id}\"
version = 1
publisher = \"Your organisation\"
licence = \"CC-BY-4.0\"
locales = [\"{locale}\"]
default_locale = \"{locale}\"
valid_from = \"{today}\"
review_by = \"{review}\"
min_core = \"{core}\"

[[topics]]
id = \"first-topic\"
"
    );
    let text = |name: &str| format!("text/{locale}/{name}.toml");
    Sources::from_files([
        ("pack.toml".to_owned(), pack),
        ("checklists/first-list.toml".to_owned(), CHECKLIST.to_owned()),
        ("triage.toml".to_owned(), TRIAGE.to_owned()),
        (text("_pack"), PACK_TEXTS.to_owned()),
        (text("_triage"), TRIAGE_TEXTS.to_owned()),
        (text("first-list"), LIST_TEXTS.to_owned()),
    ])
}

const CHECKLIST: &str = "\
# An id is never used again for something else: people's ticks are kept by it.
id = \"first-list\"
topic = \"first-topic\"
situation = \"travel\"
personas = [\"defender\"]

[[sections]]
id = \"before\"
phase = \"prepare\"

[[sections.items]]
id = \"first-list.tell-somebody\"
priority = \"high\"
leaves_trace = true
links = [{ recipient = \"trusted_person\" }]
";

const TRIAGE: &str = "\
start = \"q.what\"

[[questions]]
id = \"q.what\"

[[questions.answers]]
id = \"a.journey\"
checklist = \"first-list\"
";

const PACK_TEXTS: &str = "\
[pack]
title = \"A first pack\"
summary = \"One sentence on what it is for.\"

[topic.first-topic]
title = \"A first topic\"
";

const TRIAGE_TEXTS: &str = "\
[question.\"q.what\"]
text = \"What is happening?\"

[answer.\"a.journey\"]
text = \"I am going on a journey\"
";

const LIST_TEXTS: &str = "\
[checklist.first-list]
title = \"Before a journey\"
summary = \"What to do before you leave.\"

[section.\"first-list.before\"]
title = \"Before you leave\"

[item.\"first-list.tell-somebody\"]
text = \"Tell somebody you trust when you will be back.\"
why = \"They notice first when something is wrong.\"
";
