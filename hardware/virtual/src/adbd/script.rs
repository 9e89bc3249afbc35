//! A command line taken apart: words, quotes, `;`, `&&`, `||`, `|`, redirections.

/// Stands for `$?` in a word until it is known.
pub(super) const STATUS: char = '\u{1}';

/// When a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    AfterSuccess,
    AfterFailure,
}

/// Commands joined by `|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) when: When,
    pub(super) commands: Vec<Simple>,
}

/// One command with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) words: Vec<String>,
    /// `2>&1`
    pub(super) errors_to_output: bool,
    /// `2>/dev/null`
    pub(super) drops_errors: bool,
    /// `>/dev/null`
    pub(super) drops_output: bool,
    /// A file that is written to.
    pub(super) writes: Option<String>,
}

/// Why a line is none: it was not closed, or uses more of a shell than a small phone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoScript;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `;`, `&&`, `||`, `|`
    Joint(&'static str),
    /// A redirection of 1 or 2; where to is the next word.
    Into(char),
    ErrorsToOutput,
}

/// Takes a line apart.
pub(super) fn parse(line: &str) -> Result<Vec<Step>, NoScript> {
    let mut steps = Vec::new();
    let mut step = Step { when: When::Always, commands: Vec::new() };
    let mut simple = Simple::default();
    let mut tokens = tokens(line)?.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => simple.words.push(word),
            Token::ErrorsToOutput => simple.errors_to_output = true,
            Token::Into(which) => {
                let Some(Token::Word(file)) = tokens.next() else {
                    return Err(NoScript);
                };
                match (file.as_str(), which) {
                    ("/dev/null", '2') => simple.drops_errors = true,
                    ("/dev/null", _) => simple.drops_output = true,
                    _ => simple.writes = Some(file),
                }
            }
            Token::Joint(joint) => {
                let command = core::mem::take(&mut simple);
                if command == Simple::default() && joint != ";" {
                    return Err(NoScript);
                }
                step.commands.push(command);
                if joint != "|" {
                    let when = match joint {
                        "&&" => When::AfterSuccess,
                        "||" => When::AfterFailure,
                        _ => When::Always,
                    };
                    let next = Step { when, commands: Vec::new() };
                    steps.push(core::mem::replace(&mut step, next));
                }
            }
        }
    }
    step.commands.push(simple);
    steps.push(step);
    Ok(steps)
}

fn tokens(line: &str) -> Result<Vec<Token>, NoScript> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let token = match c {
            '\'' | '"' => {
                quoted(c, &mut chars, word.get_or_insert_default())?;
                continue;
            }
            '\\' => {
                word.get_or_insert_default().extend(chars.next());
                continue;
            }
            '$' if chars.next_if_eq(&'?').is_some() => {
                word.get_or_insert_default().push(STATUS);
                continue;
            }
            // Substitutions and jobs are more than this shell has.
            '`' | '(' | ')' => return Err(NoScript),
            ' ' | '\t' | '\r' => None,
            '#' if word.is_none() => {
                while chars.next_if(|c| *c != '\n').is_some() {}
                None
            }
            '&' => match chars.next_if_eq(&'&') {
                Some(_) => Some(Token::Joint("&&")),
                None => return Err(NoScript),
            },
            '|' if chars.next_if_eq(&'|').is_some() => Some(Token::Joint("||")),
            '|' => Some(Token::Joint("|")),
            ';' | '\n' => Some(Token::Joint(";")),
            '<' => return Err(NoScript),
            '>' => Some(into(&mut word, &mut chars)?),
            _ => {
                word.get_or_insert_default().push(c);
                continue;
            }
        };
        tokens.extend(word.take().map(Token::Word));
        tokens.extend(token);
    }
    tokens.extend(word.map(Token::Word));
    Ok(tokens)
}

/// `>`, `>>`, `2>`, `2>&1`.
fn into(
    word: &mut Option<String>,
    chars: &mut core::iter::Peekable<core::str::Chars<'_>>,
) -> Result<Token, NoScript> {
    let which = match word.as_deref() {
        Some("1") => '1',
        Some("2") => '2',
        _ => ' ',
    };
    if which != ' ' {
        *word = None;
    }
    if chars.next_if_eq(&'&').is_some() {
        return match (which, chars.next()) {
            ('2', Some('1')) => Ok(Token::ErrorsToOutput),
            _ => Err(NoScript),
        };
    }
    let _ = chars.next_if_eq(&'>');
    Ok(Token::Into(which))
}

fn quoted(
    quote: char,
    chars: &mut core::iter::Peekable<core::str::Chars<'_>>,
    word: &mut String,
) -> Result<(), NoScript> {
    while let Some(c) = chars.next() {
        match c {
            _ if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let kept = chars.next_if(|c| matches!(c, '"' | '\\' | '$' | '`'));
                word.push(kept.unwrap_or('\\'));
            }
            '$' if quote == '"' && chars.next_if_eq(&'?').is_some() => word.push(STATUS),
            '$' if quote == '"' && chars.peek() == Some(&'(') => return Err(NoScript),
            '`' if quote == '"' => return Err(NoScript),
            _ => word.push(c),
        }
    }
    Err(NoScript)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<String>> {
        let steps = parse(line).unwrap();
        steps.into_iter().flat_map(|step| step.commands).map(|simple| simple.words).collect()
    }

    #[test]
    fn lines_fall_apart_into_words() {
        assert_eq!(words("getprop  ro.serialno"), [["getprop", "ro.serialno"]]);
        assert_eq!(words(r#"a 'b c' "d \"e" f\ g"#), [["a", "b c", "d \"e", "f g"]]);
        assert_eq!(words("a;b | c"), [["a"], ["b"], ["c"]]);
        assert_eq!(words("echo ''"), [["echo", ""]]);
        assert_eq!(words("echo a#b # c"), [["echo", "a#b"]]);
        assert_eq!(words("echo $?"), [["echo", "\u{1}"]]);
    }

    #[test]
    fn redirections_are_no_words() {
        let simple = parse("a 2>/dev/null >f 2>&1").unwrap().remove(0).commands.remove(0);
        assert_eq!(simple.words, ["a"]);
        assert!(simple.drops_errors && simple.errors_to_output && !simple.drops_output);
        assert_eq!(simple.writes.as_deref(), Some("f"));
    }

    #[test]
    fn what_a_small_phone_has_not_is_refused() {
        for line in ["a &", "$(a", "echo `a`", "a < b", "'a", "a | | b", "a >", "\"$(a)\""] {
            assert_eq!(parse(line), Err(NoScript), "{line}");
        }
    }
}
