//! All that another logger writes otherwise. `powertools/docs/behaviours.md` has the reasons, by number.

use serde_json::Value;

use crate::lines::Logger;

/// Number, logger, case, lines of the case from 0, key, its value there and in ours. `-` is absent, `…` is
/// there and not the same on every machine, and `(line)` stands for a line as a whole: one that is not
/// there, or is not JSON.
const TABLE: &str = r#"
D01 | Python | tenant | 0 | tenant_id | - | "blue"
D02 | TypeScript | extra | 0 | empty | - | ""
D03 | Python | error | 0 | exception | … | -
D03 | Python | error | 0 | exception_name | "ValueError" | -
D03 | Python | error | 0 | stack_trace | … | -
D03 | Python | error | 0 | error | - | {"type":"peers::cases::NoOrder","message":"no order","causes":["invalid digit found in string"]}
D03 | Python | error | 1 | error | "invalid literal for int() with base 10: 'x'" | {"message":"no order","causes":["invalid digit found in string"]}
D03 | TypeScript | error | 0 | error | … | {"type":"peers::cases::NoOrder","message":"no order","causes":["invalid digit found in string"]}
D03 | TypeScript | error | 1 | error | … | {"message":"no order","causes":["invalid digit found in string"]}
D04 | Python | levels | 2 | level | "WARNING" | "WARN"
D04 | Python | no-level | 1 | level | "WARNING" | "WARN"
D04 | Python | sample | 2 | level | "WARNING" | "WARN"
D04 | Python | no-sample | 1 | level | "WARNING" | "WARN"
D05 | TypeScript | lower-level | 0 1 | (line) | … | -
D06 | Python | sample | 0 1 2 3 | sampling_rate | "1" | 1.0
D06 | Python | no-sample | 0 1 2 | sampling_rate | "0" | 0.0
D06 | Python | sample-lambda-level | 3 | sampling_rate | "1" | 1.0
D07 | Python | sample-lambda-level | 0 1 2 | (line) | … | -
D08 | Python | empty-service | 0 | (line) | - | …
D09 | Python | reserved | 0 | level | "LOUD" | "INFO"
D09 | Python | reserved | 0 | service | "other" | "shop"
D09 | Python | reserved | 0 | timestamp | "never" | "(time)"
D09 | Python | reserved | 0 | location | "nowhere" | "(place)"
D09 | Python | reserved | 0 | field.level | - | "LOUD"
D09 | Python | reserved | 0 | field.service | - | "other"
D09 | Python | reserved | 0 | field.timestamp | - | "never"
D09 | Python | reserved | 0 | field.location | - | "nowhere"
D09 | TypeScript | reserved | 0 | location | "nowhere" | "(place)"
D09 | TypeScript | reserved | 0 | field.level | - | "LOUD"
D09 | TypeScript | reserved | 0 | field.service | - | "other"
D09 | TypeScript | reserved | 0 | field.timestamp | - | "never"
D09 | TypeScript | reserved | 0 | field.location | - | "nowhere"
D10 | Python | messages | 0 | message | 123.0 | "123"
D10 | Python | messages | 1 | message | true | "true"
D10 | Python | messages | 2 | message | {"x":"isx"} | "{\"x\":\"isx\"}"
D10 | Python | messages | 3 | message | - | "null"
D11 | Python | numbers | 1 2 | (line) | … | …
D11 | TypeScript | numbers | 1 | up | null | "inf"
D11 | TypeScript | numbers | 2 | nan | null | "NaN"
D12 | Python | event | 0 | message | {"id":7,"user":{"name":"ann"}} | "Lambda invocation event"
D12 | Python | event | 0 | event | - | {"id":7,"user":{"name":"ann"}}
D13 | Python | secret | 0 | api_key | "abc" | "[redacted]"
D13 | Python | secret | 0 | user | {"password":"x","name":"ann"} | {"password":"[redacted]","name":"ann"}
D13 | TypeScript | secret | 0 | api_key | "abc" | "[redacted]"
D13 | TypeScript | secret | 0 | user | {"password":"x","name":"ann"} | {"password":"[redacted]","name":"ann"}
D14 | Python | scope | 1 | step | - | "one"
D14 | TypeScript | scope | 1 | step | - | "one"
D15 | Python | buffer-untraced | 1 2 | (line) | - | …
D15 | TypeScript | buffer-untraced | 1 2 | (line) | - | …
"#;

pub(crate) const LINE: &str = "(line)";

/// One key of some lines, or these lines as a whole.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) number: &'static str,
    pub(crate) logger: Logger,
    pub(crate) case: &'static str,
    pub(crate) lines: Vec<usize>,
    pub(crate) key: &'static str,
    pub(crate) theirs: Is,
    pub(crate) ours: Is,
}

/// A key's value.
#[derive(Debug)]
pub(crate) enum Is {
    Absent,
    Some,
    Exactly(Value),
}

impl Is {
    pub(crate) fn like(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Absent, None) | (Self::Some, Some(_)) => true,
            (Self::Exactly(known), Some(value)) => known == value,
            _ => false,
        }
    }
}

pub(crate) fn all() -> Vec<Difference> {
    let rows = TABLE.lines().filter(|row| !row.is_empty());
    rows.map(|row| parsed(row).unwrap_or_else(|| panic!("no row: {row}")))
        .collect()
}

fn parsed(row: &'static str) -> Option<Difference> {
    let cells: Vec<_> = row.split(" | ").collect();
    let [number, logger, case, lines, key, theirs, ours] = cells[..] else {
        return None;
    };
    let is = |cell: &str| match cell {
        "-" => Some(Is::Absent),
        "…" => Some(Is::Some),
        json => serde_json::from_str(json).ok().map(Is::Exactly),
    };
    Some(Difference {
        number,
        logger: match logger {
            "Python" => Logger::Python,
            "TypeScript" => Logger::TypeScript,
            _ => return None,
        },
        case,
        lines: lines
            .split(' ')
            .map(|line| line.parse().ok())
            .collect::<Option<_>>()?,
        key,
        theirs: is(theirs)?,
        ours: is(ours)?,
    })
}
