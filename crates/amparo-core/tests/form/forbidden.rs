//! Whatever a form forbids is nowhere in a report: any of many ways, against an oracle of its own.

use std::collections::BTreeMap;

use amparo_core::{form::ChannelForm, incident::IncidentContent, report::SenderMode};
use amparo_pack::author::{Sources, scaffold};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use time::macros::date;

use crate::{common::*, scene::*};

/// A form of the ways in `what`, all of them forbidden.
fn forbidding(what: &[String]) -> ChannelForm {
    let files = scaffold("test.forms", "en", date!(2026 - 11 - 25));
    let mut files: BTreeMap<String, String> = files.files().map(|(p, t)| (p.to_owned(), t.to_owned())).collect();
    let form = format!(
        "id = \"f\"\nkinds = [\"cso\"]\n[[fields]]\nid = \"no\"\nlevel = \"forbidden\"\nwhat = [{}]\n",
        what.join(", ")
    );
    files.insert("forms/f.toml".into(), form);
    let texts = "[form.f]\ntitle = \"F\"\nsummary = \"S.\"\n[form.\"f.no\"]\ntext = \"No.\"\nwhy = \"Not.\"\n";
    files.insert("text/en/_forms.toml".into(), texts.into());
    ChannelForm::of(&signed(&Sources::from_files(files)), "f").unwrap()
}

/// The full incident with every free text replaced by its own path, and where each stands.
fn marked() -> (IncidentContent, Vec<String>) {
    fn mark(value: &mut Value, at: &str, out: &mut Vec<String>) {
        const FREE: &[&str] = &[
            "title",
            "narrative",
            "text",
            "human_rights_link",
            "injuries",
            "charges",
            "name",
            "pseudonym",
            "affiliation",
            "address",
            "description",
            "platform",
            "handle",
            "target",
            "reference",
            "result",
        ];
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    let at = format!("{at}/{key}");
                    if child.is_string() && FREE.contains(&key.as_str()) {
                        out.push(at.clone());
                        *child = format!("M{}M", at.replace('/', ".")).into();
                    } else {
                        mark(child, &at, out);
                    }
                }
            }
            Value::Array(list) => {
                list.iter_mut().enumerate().for_each(|(i, child)| mark(child, &format!("{at}/{i}"), out));
            }
            _ => {}
        }
    }
    let (mut record, mut out) = (serde_json::to_value(full()).unwrap(), Vec::new());
    record["place"]["precision"] = "exact".into();
    record["acts"][0]["method"] = "MethodIsFree".into();
    mark(&mut record, "", &mut out);
    (serde_json::from_value(record).unwrap(), out)
}

/// Whether a way means a place of the marked incident. Written down apart from the code that it tests.
type Means = fn(&str) -> bool;

/// A way that means something.
fn way() -> impl Strategy<Value = (String, Means)> {
    let ways: Vec<(&str, Means)> = vec![
        ("{ any = [\"narrative\"] }", |at| at == "/narrative"),
        ("{ any = [\"place\", \"title\"] }", |at| at.starts_with("/place/") || at == "/title"),
        ("{ at = \"/acts\" }", |at| at.starts_with("/acts/")),
        ("{ at = \"/acts\", where = { code = [\"threat\"] } }", |_| false),
        ("{ at = \"/acts\", any = [\"detention/charges\"] }", |at| at == "/acts/0/detention/charges"),
        ("{ at = \"/acts\", any = [\"detention\", \"injuries\"] }", |at| {
            at.starts_with("/acts/0/detention/") || at == "/acts/0/injuries"
        }),
        ("{ at = \"/persons\", where = { role = [\"witness\"] } }", |at| {
            // With the witness go the witness's words.
            at.starts_with("/persons/2/") || at == "/sources/0/description"
        }),
        ("{ at = \"/persons\", except = { role = [\"defender\"] } }", |at| {
            at.starts_with("/persons/") && !at.starts_with("/persons/0/") || at == "/sources/0/description"
        }),
        ("{ at = \"/persons\", any = [\"affiliation\", \"safe_contact\"] }", |at| {
            at.ends_with("/affiliation") || at.ends_with("/safe_contact/address")
        }),
        ("{ at = \"/persons\", any = [\"pseudonym\"] }", |at| at.ends_with("/pseudonym")),
        ("{ at = \"/persons\", where = { role = [\"defender\", \"family\"] }, any = [\"name\"] }", |at| {
            // Whose name is not told is told of by pseudonym alone.
            (at.starts_with("/persons/0/") || at.starts_with("/persons/1/")) && !at.ends_with("/pseudonym")
        }),
        ("{ at = \"/online_harms\", any = [\"handle\", \"reported\"] }", |at| {
            at == "/online_harms/0/handle" || at.starts_with("/online_harms/0/reported/")
        }),
        ("{ at = \"/online_harms\", where = { kind = [\"doxxing\", \"malware\"] } }", |at| {
            at.starts_with("/online_harms/")
        }),
        ("{ at = \"/sources\" }", |at| at.starts_with("/sources/")),
    ];
    prop::sample::select(ways).prop_map(|(text, means)| (text.to_owned(), means))
}

/// Whatever a form forbids is nowhere in a report, in no choice; and everything else is there as it would be without the form.
#[test]
fn what_is_forbidden_is_nowhere_and_nothing_else_is_missing() {
    let (_home, amparo) = Home::new();
    let (content, places) = marked();
    let incident = incident(&amparo, content);
    let strategy = (prop::collection::vec(way(), 1..4), any::<bool>(), any::<bool>());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(48));
    let outcome = runner.run(&strategy, |(ways, reveal, anonymous)| {
        let texts: Vec<String> = ways.iter().map(|(text, _)| text.clone()).collect();
        let form = forbidding(&texts);
        let mut request = request(incident, &form);
        if anonymous {
            request.sender = SenderMode::Anonymous;
        }
        if reveal {
            request.groups[0].choice.reveal = places.iter().map(|at| at.parse().unwrap()).collect();
        }
        let with = everything(&amparo.reports().preview(&request).unwrap()[0]);
        request.groups[0].form = None;
        let without = everything(&amparo.reports().preview(&request).unwrap()[0]);
        for at in &places {
            let marker = format!("M{}M", at.replace('/', "."));
            let forbidden = ways.iter().any(|(_, means)| means(at));
            prop_assert!(without.contains(&marker), "{at} is told without a form");
            prop_assert_eq!(with.contains(&marker), !forbidden, "{} with {:?}", at, texts);
        }
        Ok(())
    });
    outcome.unwrap();
}
