//! Checklists as lines for people, in the reader's language.
//!
//! A terminal that knows right-to-left scripts takes a line's direction from its first strong character. So a line of a
//! right-to-left text begins with a mark of that direction, the boxes are signs without one, and whatever is foreign in a line (ids,
//! days, web addresses, a text in another language) stands in an isolate, so that it cannot turn what is around it. A terminal
//! that knows nothing of all this shows each text in one piece, because no line puts two of them side by side.

use core::cmp::Ordering;

use amparo_core::checklist::{
    Direction, Fate, ItemState, ItemView, Lead, LeftItem, Next, QuestionView, RunSummary, RunView, Score, SectionView,
    Standing, Text, Tick,
};
use amparo_report::locale::Locale;
use amparo_report::spelling::nearest_locale;

use crate::output::isolated;

/// Gives a line that begins with it the direction of right-to-left scripts. Shows nothing.
const RIGHT_TO_LEFT: char = '\u{200f}';

/// Lines, and the language of the words between the texts.
pub struct Page {
    language: String,
    /// The words.
    pub words: Locale,
    /// The lines so far.
    pub lines: Vec<String>,
}

/// Whether a text has letters of a script that runs from right to left.
fn is_right_to_left(text: &str) -> bool {
    let blocks = |c: char| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
            || matches!(c, '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    text.chars().any(blocks)
}

/// The box before an item.
const fn mark(state: ItemState) -> &'static str {
    match state {
        ItemState::Open => "[ ]",
        ItemState::Done => "[✓]",
        ItemState::NotApplicable => "[–]",
    }
}

impl Page {
    /// An empty page for a reader of `language`.
    pub fn new(language: &str) -> Self {
        Self { language: language.to_owned(), words: Locale::for_tag(language), lines: Vec::new() }
    }

    /// Something that is put into a sentence: isolated where it could turn what is around it. Elsewhere it is left bare, so that a
    /// terminal that does not know isolates shows no boxes for them.
    pub fn piece(&self, text: &str) -> String {
        if self.words.direction() == Direction::Rtl || is_right_to_left(text) {
            isolated(text)
        } else {
            text.replace('\n', " ")
        }
    }

    /// The day of a time, to be put into a sentence.
    pub fn day(&self, time: &str) -> String {
        self.piece(time.split('T').next().unwrap_or_default())
    }

    fn push(&mut self, direction: Direction, indent: &str, text: &str) {
        for line in text.lines() {
            let line = if direction == Direction::Rtl {
                format!("{RIGHT_TO_LEFT}{indent}{line}")
            } else {
                format!("{indent}{line}")
            };
            self.lines.push(line);
        }
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.lines.push(String::new());
    }

    /// A line of our own words.
    pub fn say(&mut self, indent: &str, text: &str) {
        self.push(self.words.direction(), indent, text);
    }

    fn fill(&mut self, indent: &str, key: &'static str, values: &[(&str, &str)]) {
        let text = self.words.fill(key, values);
        self.say(indent, &text);
    }

    /// A text of a pack, in its own direction; one in another language than the rest of it says so.
    pub fn text(&mut self, indent: &str, text: &Text) {
        let foreign = if text.is_fallback { format!(" {}", self.foreign(text)) } else { String::new() };
        self.push(text.direction, indent, &format!("{}{foreign}", text.text));
    }

    fn foreign(&self, text: &Text) -> String {
        isolated(&format!("({}: {})", text.locale, self.words.text("checklist.not_translated")))
    }

    /// The title of a page. When all that it comes from lacks the reader's language, that is said here once.
    pub fn title(&mut self, title: &Text) {
        self.text("", title);
        if !title.is_fallback && nearest_locale([title.locale.as_str()].into_iter(), &self.language).is_none() {
            let foreign = self.foreign(title);
            self.say("", &foreign);
        }
    }

    /// An id, on a line of its own. Bare where it has the page's direction anyway, so that it can be copied.
    pub fn id(&mut self, indent: &str, id: &str) {
        let id = self.piece(id);
        self.say(indent, &id);
    }

    /// That the pack was to be reviewed by a day that is over.
    pub fn review_overdue(&mut self, by: &str) {
        self.fill("", "checklist.review_overdue", &[("day", &self.piece(by))]);
    }

    /// The sections of a checklist, in a run with its ticks.
    pub fn sections(&mut self, sections: &[SectionView]) {
        for section in sections {
            self.gap();
            self.text("", &section.title);
            section.items.iter().for_each(|item| self.item(item));
        }
    }

    fn item(&mut self, item: &ItemView) {
        self.text(&format!("  {} ", mark(item.state())), &item.text);
        if let Some(why) = &item.why {
            self.text("      ", why);
        }
        let words = self.words;
        let marks: Vec<&str> = [
            (item.item.time_critical, words.text("checklist.time_critical")),
            (item.item.leaves_trace, words.text("checklist.leaves_trace")),
            (item.item.needs_network, words.text("checklist.needs_network")),
        ]
        .into_iter()
        .filter_map(|(holds, word)| holds.then_some(word))
        .collect();
        if !marks.is_empty() {
            self.say("      ", &format!("⚠ {}", marks.join(" · ")));
        }
        if let Some(source) = &item.item.source {
            let reviewed = item.item.last_reviewed.as_ref().map(|day| format!(" {}", self.piece(&format!("({day})"))));
            self.say("      ", &format!("{}{}", self.piece(source), reviewed.unwrap_or_default()));
        }
        item.leads.iter().for_each(|lead| self.lead(lead));
        if let Some(tick) = &item.tick {
            self.tick(tick);
        }
        self.id("      ", &item.item.id);
    }

    fn lead(&mut self, lead: &Lead) {
        let words = self.words;
        // Arrows are not turned with the line.
        let arrow = if words.direction() == Direction::Rtl { "      ← " } else { "      → " };
        match lead {
            Lead::Checklist { id, title } => {
                let title = format!("{} {}", self.piece(&title.text), self.piece(&format!("({id})")));
                self.fill(arrow, "checklist.lead_checklist", &[("title", &title)]);
            }
            Lead::Incident(act) => {
                let act = format!("{} {}", words.code("act", act.as_str()), self.piece(&format!("({act})")));
                self.fill(arrow, "checklist.lead_incident", &[("act", &act)]);
            }
            Lead::Recipients(kind) => {
                let kind = words.code("recipient_kind", kind.as_str());
                self.fill(arrow, "checklist.lead_recipients", &[("kind", &kind)]);
            }
        }
    }

    fn tick(&mut self, tick: &Tick) {
        let state = match tick.state {
            ItemState::NotApplicable => self.words.text("checklist.not_applicable"),
            _ => self.words.text("checklist.done"),
        };
        self.say("      ", &format!("{state}: {}", self.day(&tick.at.time.to_string())));
        if !tick.note.is_empty() {
            self.fill("      ", "checklist.note", &[("note", &self.piece(&tick.note))]);
        }
        if !tick.reworded.is_empty() {
            let languages = self.piece(&tick.reworded.join(", "));
            self.fill("      ! ", "checklist.reworded", &[("languages", &languages)]);
        }
        if let Some(said) = &tick.said {
            self.fill("        ", "checklist.said", &[("text", &self.piece(&said.text))]);
        }
        if tick.moved_from.is_some() {
            let moved = self.words.text("checklist.moved");
            self.say("      ! ", moved);
        }
    }

    /// What a list shows of a run, or what stands above it.
    pub fn summary(&mut self, indent: &str, run: &RunSummary) {
        self.fill(indent, "checklist.started", &[("day", &self.day(&run.started.time.to_string()))]);
        if let Some(finish) = &run.finished {
            self.fill(indent, "checklist.finished", &[("day", &self.day(&finish.at.time.to_string()))]);
        }
        let open = run.progress.open.map_or_else(|| "?".to_owned(), |open| open.to_string());
        let (done, other) = (run.progress.done.to_string(), run.progress.not_applicable.to_string());
        let values = [("done", done.as_str()), ("open", &open), ("not_applicable", &other)];
        self.fill(indent, "checklist.progress", &values);
        if let Some(count) = run.progress.open_time_critical.filter(|count| *count > 0) {
            self.fill(indent, "checklist.open_time_critical", &[("count", &count.to_string())]);
        }
        if let Some(sum) = run.points {
            self.fill(indent, "checklist.points", &[("points", &sum.points.to_string()), ("of", &sum.of.to_string())]);
        }
        match &run.standing {
            Standing::Present => {}
            Standing::ChecklistRemoved { in_version, replaced_by } => {
                let gone = self.words.text("checklist.list_gone");
                self.say(indent, gone);
                self.removed(indent, *in_version, replaced_by.as_deref());
            }
            Standing::PackRemoved | Standing::PackUnreadable => {
                let gone = self.words.text("checklist.pack_gone");
                self.say(indent, gone);
            }
        }
    }

    fn removed(&mut self, indent: &str, in_version: Option<u64>, replaced_by: Option<&str>) {
        match in_version {
            Some(version) => self.fill(indent, "checklist.removed_in", &[("version", &version.to_string())]),
            None => {
                let removed = self.words.text("checklist.removed");
                self.say(indent, removed);
            }
        }
        if let Some(id) = replaced_by {
            self.fill(indent, "checklist.replaced_by", &[("item", &self.piece(id))]);
        }
    }

    /// A run.
    pub fn run(&mut self, view: &RunView) {
        if let Some(title) = &view.summary.title {
            self.title(title);
        }
        self.summary("", &view.summary);
        if let Some(list) = &view.checklist {
            self.sections(&list.sections);
        }
        if !view.left.is_empty() {
            self.gap();
            let left = self.words.text("checklist.left");
            self.say("", left);
            view.left.iter().for_each(|left| self.left(left));
        }
        for draft in &view.drafts {
            self.gap();
            let act = self.words.code("act", draft.act.as_str());
            self.say("", &act);
            self.id("  ", &draft.incident.to_string());
        }
    }

    fn left(&mut self, left: &LeftItem) {
        let mark = format!("  {} ", mark(left.tick.state));
        match &left.text {
            Some(text) => self.text(&mark, text),
            None => self.id(&mark, &left.item),
        }
        match &left.fate {
            Fate::Removed { in_version, replaced_by } => {
                self.removed("      ! ", *in_version, replaced_by.as_deref());
            }
            Fate::Moved { checklist } => {
                self.fill("      ! ", "checklist.moved_to", &[("checklist", &self.piece(checklist))]);
            }
            // Said above, once.
            Fate::PackGone => {}
        }
        self.tick(&left.tick);
        self.id("      ", &left.item);
    }

    /// A result and what changed since the one before.
    pub fn score(&mut self, score: &Score) {
        self.fill("", "checklist.finished", &[("day", &self.day(&score.finish.at.time.to_string()))]);
        let (points, of) = (score.points.points.to_string(), score.points.of.to_string());
        self.fill("  ", "checklist.points", &[("points", &points), ("of", &of)]);
        for change in &score.changes {
            // A sign without a direction: less risk, more, or the same.
            let sign = match change.risk_after.cmp(&change.risk_before) {
                Ordering::Less => "▼",
                Ordering::Greater => "▲",
                Ordering::Equal => "=",
            };
            let sign = format!("    {sign} ");
            match &change.text {
                Some(text) => self.text(&sign, text),
                None => self.id(&sign, &change.item),
            }
            self.say("      ", &self.piece(&format!("{} → {}", change.risk_before, change.risk_after)));
        }
        self.gap();
    }

    /// A question of the triage and its answers, numbered.
    pub fn question(&mut self, question: &QuestionView) {
        self.title(&question.text);
        for (answer, number) in question.answers.iter().zip(1u32..) {
            self.text(&format!("  {number}. "), &answer.text);
            self.id("     ", &answer.id);
        }
    }

    /// An end of the triage.
    pub fn end(&mut self, next: &Next) {
        let Next::End { checklist, recipients } = next else { return };
        if let Some((id, title)) = checklist {
            self.title(title);
            self.id("  ", id);
        }
        if let Some(kind) = recipients {
            let kind = self.words.code("recipient_kind", kind.as_str());
            self.fill("", "checklist.lead_recipients", &[("kind", &kind)]);
        }
    }
}
