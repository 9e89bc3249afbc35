//! Programs that pass on part of what is piped in, as far as common one-liners use them.

use super::shell::Ran;

/// Runs a filter over `input`, if the phone has it.
pub(super) fn run(program: &str, arguments: &[&str], input: &str) -> Option<Ran> {
    Some(match program {
        "cat" if arguments.is_empty() => Ran::said(input),
        "grep" => grep(arguments, input),
        "cut" => cut(arguments, input)?,
        "tr" => tr(arguments, input)?,
        "head" => Ran::said(first(input, count(arguments))),
        "tail" => {
            let skip = input.lines().count().saturating_sub(count(arguments));
            Ran::said(input.split_inclusive('\n').skip(skip).collect::<String>())
        }
        "wc" if arguments == ["-l"] => Ran::said(format!("{}\n", input.matches('\n').count())),
        "sort" => {
            let mut lines: Vec<&str> = input.lines().collect();
            lines.sort_unstable();
            Ran::said(lines.iter().map(|line| format!("{line}\n")).collect::<String>())
        }
        _ => return None,
    })
}

fn count(arguments: &[&str]) -> usize {
    let number = match arguments {
        ["-n", number, ..] => number,
        [number, ..] => number.trim_start_matches('-').trim_start_matches('n'),
        [] => "10",
    };
    number.parse().unwrap_or(10)
}

fn first(input: &str, count: usize) -> String {
    input.split_inclusive('\n').take(count).collect()
}

/// Lines that contain a text; `-i`, `-v`, `-c`, `-F`, `-E`. A pattern is taken as it is, but for
/// `|` between several and anchors.
fn grep(arguments: &[&str], input: &str) -> Ran {
    let (options, rest): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| argument.starts_with('-'));
    let has = |letter| options.iter().any(|option| option.contains(letter));
    let fold = |text: &str| if has('i') { text.to_lowercase() } else { text.to_owned() };
    let pattern = fold(rest.first().copied().unwrap_or_default()).replace("\\|", "|");
    let found = |line: &str| {
        let line = fold(line);
        pattern.split('|').any(|part| match (part.strip_prefix('^'), part.strip_suffix('$')) {
            (Some(part), _) => line.starts_with(part),
            (_, Some(part)) => line.ends_with(part),
            _ => line.contains(part),
        })
    };
    let lines: Vec<&str> = input.lines().filter(|line| found(line) != has('v')).collect();
    let status = u8::from(lines.is_empty());
    if has('c') {
        return Ran { status, ..Ran::said(format!("{}\n", lines.len())) };
    }
    if lines.is_empty() {
        return Ran::silent(status);
    }
    Ran::said(lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}

/// `-c N-M`, or `-d X -f N`.
fn cut(arguments: &[&str], input: &str) -> Option<Ran> {
    let value = |letter: &str| {
        let place = arguments.iter().position(|argument| argument.starts_with(letter))?;
        match arguments.get(place)?.strip_prefix(letter)? {
            "" => arguments.get(place + 1).copied(),
            glued => Some(glued),
        }
    };
    let range = |text: &str| -> Option<(usize, usize)> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let from = if from.is_empty() { 1 } else { from.parse().ok()? };
        let to = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
        Some((from.max(1) - 1, to))
    };
    let lines = input.lines();
    let text: String = if let Some(columns) = value("-c") {
        let (skip, to) = range(columns)?;
        let cut = |line: &str| {
            let kept = line.chars().skip(skip).take(to.saturating_sub(skip));
            kept.chain(['\n']).collect::<String>()
        };
        lines.map(cut).collect()
    } else {
        let delimiter = value("-d").unwrap_or("\t").chars().next()?;
        let (skip, to) = range(value("-f")?)?;
        let cut = |line: &str| {
            let fields = line.split(delimiter).skip(skip).take(to.saturating_sub(skip));
            let fields: Vec<&str> = fields.collect();
            format!("{}\n", fields.join(&delimiter.to_string()))
        };
        lines.map(cut).collect()
    };
    Some(Ran::said(text))
}

/// `-d SET`, and `SET SET` of equal length.
fn tr(arguments: &[&str], input: &str) -> Option<Ran> {
    let set = |text: &str| {
        let text = text.replace("[:space:]", " \t\r\n\u{b}\u{c}").replace("\\n", "\n");
        text.replace("\\r", "\r").chars().collect::<Vec<char>>()
    };
    Some(Ran::said(match arguments {
        ["-d", gone] => {
            let gone = set(gone);
            input.chars().filter(|c| !gone.contains(c)).collect::<String>()
        }
        [from, to] => {
            let (from, to) = (set(from), set(to));
            let swap = |c: char| {
                let place = from.iter().position(|other| *other == c);
                place.and_then(|place| to.get(place).or(to.last())).copied().unwrap_or(c)
            };
            input.chars().map(swap).collect::<String>()
        }
        _ => return None,
    }))
}
