//! `amparo incident counts`: the export for publication.

use amparo_core::incident::{Cell, CountTable, Counts as Export, CountsRequest};
use serde_json::{Value, json};

use super::{Context, input};
use crate::{args::incident::Counts, commands::new_file::write_new, failure::Failure};

/// `amparo incident counts`
pub fn counts(context: &Context, options: &Counts) -> Result<bool, Failure> {
    if options.csv && options.output.is_none() && context.output.is_json() {
        return Err(Failure::input(
            "what is printed is either CSV or JSON: leave out --csv or --json, or write a file with -o",
        ));
    }
    let until = options.until.as_deref().map(input::date).transpose()?;
    let request = CountsRequest { threshold: options.threshold, until, by_month: options.each_month };
    let mut export = context.with_vault(&options.dir, |amparo| Ok(amparo.incidents().counts(&request)?))?;
    if !options.by.is_empty() {
        export.tables.retain(|table| options.by.iter().any(|by| by.table() == table.by));
    }
    let bytes = if options.csv { export.to_csv()? } else { export.to_json()? };
    match &options.output {
        Some(file) => {
            write_new(file, &bytes)?;
            context
                .output
                .result(&json!({ "file": file.to_string_lossy() }), || vec![format!("Wrote {}", file.display())]);
        }
        None if options.csv => context.output.bytes(&bytes),
        None => {
            let value: Value = serde_json::to_value(&export).unwrap_or_default();
            context.output.result(&value, || lines(&export));
        }
    }
    Ok(true)
}

fn lines(export: &Export) -> Vec<String> {
    let mut lines = vec![format!(
        "Incidents until {}: {}  (numbers below {} are not told)",
        export.until, export.incidents, export.threshold
    )];
    for table in &export.tables {
        lines.extend([String::new(), heading(table)]);
        for row in &table.rows {
            // Rows of known codes that nothing has are for spreadsheets.
            if row.incidents != Cell::Exact(0) {
                let code = row.code.as_deref().unwrap_or("(not known)");
                lines.push(format!("  {code:<32} {:>8}", row.incidents.to_string()));
            }
        }
        if table.withheld {
            lines.push("  withheld: no row can be told without telling a small number".into());
        } else if lines.last().is_some_and(|line| !line.starts_with(' ')) {
            lines.push("  none".into());
        }
    }
    lines
}

fn heading(table: &CountTable) -> String {
    let by = table.by.replace('_', " ");
    match &table.month {
        None => format!("By {by}"),
        Some(month) => format!("By {by}, {}", month.as_deref().unwrap_or("month not known")),
    }
}
