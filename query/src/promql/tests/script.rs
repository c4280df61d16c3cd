//! The commands of a script: `clear`, `load` and `eval`, as Prometheus' promqltest understands them.

use std::sync::LazyLock;

use regex::Regex;

use super::super::labels::Labels;
use super::literal;
use super::series::{self, Item, starts};

/// What a script does, one command after the other.
#[derive(Debug)]
pub enum Command {
    Clear,
    Load(Load),
    Eval(Eval),
}

/// Series that are added to what is stored.
#[derive(Debug)]
pub struct Load {
    pub line: usize,
    pub step_ms: i64,
    /// Classic histograms are stored as native ones too.
    pub with_nhcb: bool,
    pub series: Vec<Loaded>,
}

/// A series and when its samples began to be counted.
#[derive(Debug)]
pub struct Loaded {
    pub labels: Labels,
    pub items: Vec<Item>,
    /// One per item, in milliseconds after the sample's time.
    pub starts_ms: Vec<Option<i64>>,
}

/// A query and what is expected of it.
#[derive(Debug)]
pub struct Eval {
    /// Of the command, from 1.
    pub line: usize,
    pub text: String,
    pub times: Times,
    pub expected: Expected,
}

/// For when a query is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    Instant(i64),
    Steps { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// What is expected of a query.
#[derive(Debug, Default)]
pub struct Expected {
    pub result: ExpectedResult,
    pub ordered: bool,
    /// The query fails, and its error is one of these, if there are any.
    pub fails: bool,
    pub errors: Vec<Text>,
    /// There is a warning, or an info.
    pub warns: bool,
    pub informs: bool,
    /// All warnings, and all infos, unless there are none of these.
    pub warnings: Vec<Text>,
    pub infos: Vec<Text>,
    pub no_warnings: bool,
    pub no_infos: bool,
    /// An instant query yields samples of these times: start, end and step.
    pub range_vector: Option<(i64, i64, i64)>,
}

#[derive(Debug)]
pub enum ExpectedResult {
    Series(Vec<(Labels, Vec<Item>)>),
    Scalar(f64),
    String(String),
}

impl Default for ExpectedResult {
    fn default() -> Self {
        Self::Series(Vec::new())
    }
}

/// A message, or a pattern for one.
#[derive(Debug)]
pub enum Text {
    Is(String),
    Matches(Regex),
}

impl Text {
    pub fn fits(&self, message: &str) -> bool {
        match self {
            Self::Is(expected) => expected == message,
            Self::Matches(pattern) => pattern.is_match(message),
        }
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

static LOAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^load(?:_(with_nhcb))?\s+(.+?)$"));
static INSTANT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$"));
static STEPS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$"));
static EXPECT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$"));
static RANGE_VECTOR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$"));

/// The lines of a script, read one by one.
struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Lines<'a> {
    /// Comments are blank lines.
    fn new(text: &'a str) -> Self {
        let lines = text.split('\n').map(str::trim).map(|line| if line.starts_with('#') { "" } else { line });
        Self { lines: lines.collect(), next: 0 }
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.next).copied();
        self.next += 1;
        line
    }

    /// The next line of a block: a blank one ends it.
    fn next_of_block(&mut self) -> Option<&'a str> {
        self.next().filter(|line| !line.is_empty())
    }
}

/// # Errors
/// What was not understood, and its line.
pub fn parse(text: &str) -> Result<Vec<Command>, String> {
    let mut lines = Lines::new(text);
    let mut commands = Vec::new();
    while let Some(line) = lines.next() {
        let word = line.split([' ', '\t']).next().unwrap_or("").to_ascii_lowercase();
        let command = match &*word {
            "" => continue,
            "clear" => Ok(Command::Clear),
            _ if word.starts_with("load") => load(line, &mut lines).map(Command::Load),
            _ if word.starts_with("eval") => eval(line, &mut lines).map(Command::Eval),
            _ => Err(format!("invalid command {line:?}")),
        };
        commands.push(command.map_err(|error| format!("line {}: {error}", lines.next))?);
    }
    Ok(commands)
}

fn duration_ms(text: &str) -> Result<i64, String> {
    literal::duration_ms(text).ok_or_else(|| format!("invalid duration {text:?}"))
}

fn load(line: &str, lines: &mut Lines<'_>) -> Result<Load, String> {
    let parts = LOAD.captures(line).ok_or("invalid load command")?;
    let step_ms = duration_ms(&parts[2])?;
    let mut load = Load { line: lines.next, step_ms, with_nhcb: parts.get(1).is_some(), series: Vec::new() };
    let mut common: Vec<Option<i64>> = Vec::new();
    let mut own: Option<starts::Starts> = None;
    while let Some(line) = lines.next_of_block() {
        if let Some(starts) = starts::parse(line) {
            let starts = starts?;
            match (&own, &starts.labels) {
                (Some(_), _) => return Err("starts are followed by no samples".to_owned()),
                (None, None) => common = starts.offsets_ms,
                (None, Some(_)) => own = Some(starts),
            }
            continue;
        }
        let description = series::parse(line)?;
        let starts_ms = match own.take() {
            Some(own) => own_starts(own, &description)?,
            None if common.is_empty() => vec![None; description.items.len()],
            None => common.iter().copied().cycle().take(description.items.len()).collect(),
        };
        // Of two lines for one series the later one counts.
        load.series.retain(|held: &Loaded| held.labels != description.labels);
        load.series.push(Loaded { labels: description.labels, items: description.items, starts_ms });
    }
    if own.is_some() { Err("starts are followed by no samples".to_owned()) } else { Ok(load) }
}

fn own_starts(own: starts::Starts, samples: &series::Description) -> Result<Vec<Option<i64>>, String> {
    if own.labels.as_ref() != Some(&samples.labels) {
        return Err("starts are followed by samples of another series".to_owned());
    }
    if own.offsets_ms.len() != samples.items.len() {
        return Err(format!("{} starts of {} samples", own.offsets_ms.len(), samples.items.len()));
    }
    Ok(own.offsets_ms)
}

fn steps(from: &str, to: &str, step: &str) -> Result<(i64, i64, i64), String> {
    let (start_ms, end_ms, step_ms) = (duration_ms(from)?, duration_ms(to)?, duration_ms(step)?);
    if end_ms < start_ms { Err(format!("{to} is before {from}")) } else { Ok((start_ms, end_ms, step_ms)) }
}

fn eval(line: &str, lines: &mut Lines<'_>) -> Result<Eval, String> {
    let (modifier, times, text) = if let Some(parts) = INSTANT.captures(line) {
        let at = parts.get(2).map_or("", |at| at.as_str());
        (parts.get(1), Times::Instant(duration_ms(at)?), parts[3].to_owned())
    } else if let Some(parts) = STEPS.captures(line) {
        let (start_ms, end_ms, step_ms) = steps(&parts[2], &parts[3], &parts[4])?;
        (parts.get(1), Times::Steps { start_ms, end_ms, step_ms }, parts[5].to_owned())
    } else {
        return Err("invalid evaluation command".to_owned());
    };
    let modifier = modifier.map_or("", |modifier| modifier.as_str());
    let mut eval = Eval { line: lines.next, text, times, expected: Expected::default() };
    eval.expected.ordered = modifier == "ordered";
    eval.expected.fails = modifier == "fail";
    eval.expected.warns = modifier == "warn";
    eval.expected.informs = modifier == "info";
    let old_style_failure = eval.expected.fails;
    while let Some(line) = lines.next_of_block() {
        if expectation(line, &mut eval, old_style_failure)? == Block::Ends {
            break;
        }
    }
    Ok(eval)
}

#[derive(PartialEq, Eq)]
enum Block {
    Goes,
    Ends,
}

fn expectation(line: &str, eval: &mut Eval, old_style_failure: bool) -> Result<Block, String> {
    let expected = &mut eval.expected;
    if let Some(message) = line.strip_prefix("expected_fail_message").filter(|_| old_style_failure) {
        expected.errors.push(Text::Is(message.trim().to_owned()));
        return Ok(Block::Ends);
    }
    if let Some(pattern) = line.strip_prefix("expected_fail_regexp").filter(|_| old_style_failure) {
        expected.errors.push(Text::Matches(Regex::new(pattern.trim()).map_err(|error| error.to_string())?));
        return Ok(Block::Ends);
    }
    if line.starts_with("expect range vector") {
        let parts = RANGE_VECTOR.captures(line).ok_or("invalid range vector definition")?;
        expected.range_vector = Some(steps(&parts[1], &parts[2], &parts[3])?);
    } else if let Some(literal) = line.strip_prefix("expect string") {
        let read = literal::string(literal.trim_start()).filter(|(_, rest)| rest.is_empty());
        let (string, _) = read.ok_or("expected string literal not valid")?;
        expected.result = ExpectedResult::String(string);
    } else if line.split(' ').next() == Some("expect") {
        expect(line, expected)?;
    } else if let Some(value) = literal::number(line) {
        expected.result = ExpectedResult::Scalar(value);
        return Ok(Block::Ends);
    } else {
        expected_series(line, eval)?;
    }
    Ok(Block::Goes)
}

fn expect(line: &str, expected: &mut Expected) -> Result<(), String> {
    let parts = EXPECT.captures(line).ok_or("invalid expect statement")?;
    let given = parts.get(3).map_or("", |given| given.as_str().trim());
    let text = match parts.get(2).map(|kind| kind.as_str()) {
        Some("msg") => Text::Is(given.to_owned()),
        Some(_) => Text::Matches(Regex::new(given).map_err(|error| error.to_string())?),
        None => Text::Matches(pattern("")),
    };
    match &parts[1] {
        "ordered" => expected.ordered = true,
        "fail" if expected.fails => return Err("a query fails only once".to_owned()),
        "fail" => {
            expected.fails = true;
            expected.errors.push(text);
        }
        "warn" => expected.warnings.push(text),
        "info" => expected.infos.push(text),
        "no_warn" => expected.no_warnings = true,
        _ => expected.no_infos = true,
    }
    let contradicts =
        (expected.no_warnings && !expected.warnings.is_empty()) || (expected.no_infos && !expected.infos.is_empty());
    if contradicts { Err("some and none are expected at once".to_owned()) } else { Ok(()) }
}

fn expected_series(line: &str, eval: &mut Eval) -> Result<(), String> {
    let description = series::parse(line)?;
    let instant = matches!(eval.times, Times::Instant(_)) && eval.expected.range_vector.is_none();
    if instant && description.items.len() != 1 {
        return Err(format!("an instant query yields one value, not {}", description.items.len()));
    }
    match &mut eval.expected.result {
        ExpectedResult::Series(series) => series.push((description.labels, description.items)),
        other => return Err(format!("series are expected beside {other:?}")),
    }
    Ok(())
}
