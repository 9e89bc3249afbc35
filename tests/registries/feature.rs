//! Scenarios of a Gherkin file, and their `Then` steps held against what passed.

use serde_json::Value;

use crate::gateway::Exchange;

/// One scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its tag, without the `@`.
    pub tag: String,
    /// What must be so afterwards, a line each.
    pub then: Vec<String>,
    /// The rows of its examples by the first column; empty if it is no outline.
    pub examples: Vec<String>,
}

/// Every scenario of a feature file.
pub fn scenarios(text: &str) -> Vec<Scenario> {
    let mut found: Vec<Scenario> = Vec::new();
    let (mut tag, mut after_then, mut header_read) = ("", false, false);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('@') {
            tag = name;
        } else if line.starts_with("Scenario") {
            let (then, examples) = (Vec::new(), Vec::new());
            found.push(Scenario { tag: tag.to_owned(), then, examples });
            (after_then, header_read) = (false, false);
        }
        let Some(scenario) = found.last_mut() else {
            continue;
        };
        if let Some(step) = line.strip_prefix("Then ") {
            after_then = true;
            scenario.then.push(step.to_owned());
        } else if let Some(step) = line.strip_prefix("And ").filter(|_| after_then) {
            scenario.then.push(step.to_owned());
        } else if let Some(row) = line.strip_prefix('|') {
            if header_read {
                let cell = row.split('|').next().unwrap_or_default();
                scenario.examples.push(cell.trim().to_owned());
            }
            header_read = true;
        }
    }
    found
}

/// Whether a step of a scenario, whose placeholder stands for `example`, is so.
///
/// # Panics
///
/// If it is not so, or is a step that nobody thought of.
pub fn hold(step: &str, example: &str, exchange: &Exchange) {
    let filled = step.find('<').map_or_else(
        || step.to_owned(),
        |begin| {
            let end = step.find('>').unwrap();
            format!("{}{example}{}", &step[..begin], &step[end + 1..])
        },
    );
    assert!(is_so(&filled, exchange), "not so: {filled}\n{exchange:#?}");
}

fn is_so(step: &str, exchange: &Exchange) -> bool {
    let header = |name: &str| exchange.headers.get(name).and_then(|value| value.to_str().ok());
    let quoted: Vec<&str> = step.split('"').skip(1).step_by(2).collect();
    let property = |path: &str| &exchange.answer[path.trim_start_matches("$.")];
    let is_date = |value: &Value| {
        value.is_null()
            || value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
    };
    if let Some(code) = step.strip_prefix("the response status code is ") {
        return exchange.status.as_str() == code;
    }
    let plain: String = step.split('"').step_by(2).collect::<Vec<_>>().join("_");
    match (plain.as_str(), quoted.as_slice()) {
        ("the response header _ is _", [name, value]) => {
            header(name).is_some_and(|said| said.split(';').next() == Some(value))
        }
        ("the response header _ has same value as the request header _", [name, other]) => {
            header(name).is_some_and(|said| exchange.asked[*other] == said)
        }
        // Prism makes its answers of the schema; the station's own reading says the rest.
        ("the response body complies with the OAS schema at _", _) => exchange.answer.is_object(),
        (
            "the response property _ is the same value as the request body property _",
            [one, two],
        ) => {
            !property(one).is_null()
                && *property(one) == exchange.question[two.trim_start_matches("$.")]
        }
        ("the response property _ is _", [path, value]) => property(path) == *value,
        ("the response property _ is not present", [path]) => property(path).is_null(),
        ("the response property _ contains a user friendly text", [path]) => {
            property(path).as_str().is_some_and(|text| !text.is_empty())
        }
        (
            "if the response property _ is present, then the value has a valid RFC 3339 date-time \
             format with timezone",
            [path],
        ) => is_date(property(path)),
        (other, [path]) => {
            let number = other.strip_prefix("the response property _ is ");
            let number: u64 = number.and_then(|number| number.parse().ok()).unwrap_or_else(|| {
                panic!("nobody knows the step {step}");
            });
            *property(path) == number
        }
        _ => panic!("nobody knows the step {step}"),
    }
}

#[test]
fn a_scenario_is_read_with_its_steps_and_examples() {
    let text = "@Feature_tag\nFeature: x\n Background: y\n  And z\n @one\n Scenario: a\n  Given b\n  And c\n  \
        Then d\n  And e\n @two\n Scenario Outline: f\n  Then g\n  Examples:\n  | h | i |\n  | 1 | 2 |\n  | 3 |";
    let scenario = |tag: &str, then: &[&str], examples: &[&str]| Scenario {
        tag: tag.to_owned(),
        then: then.iter().map(|&step| step.to_owned()).collect(),
        examples: examples.iter().map(|&row| row.to_owned()).collect(),
    };
    let expected = [scenario("one", &["d", "e"], &[]), scenario("two", &["g"], &["1", "3"])];
    assert_eq!(scenarios(text), expected);
}
