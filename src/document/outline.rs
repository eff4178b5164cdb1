//! An outline of a RON text: which path stands on which line. Built by one lenient pass over the characters.
//!
//! Owns location, the depth and count limits, and the search for numbers that are not finite. It does not judge
//! syntax: where the text makes no sense the outline ends, and the real parser tells why. Invariant: memory and
//! time are proportional to the text, nesting is bounded before any recursive parser sees it.

/// One value of the document.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Line of its first character, from 1.
    pub line: u32,
    /// Field name or map key under which it stands; empty in sequences.
    pub key: String,
    /// Text of a string or scalar (at most 120 characters).
    pub text: String,
    /// Values inside.
    pub children: Vec<Node>,
}

/// Why a text is refused before parsing.
#[derive(Clone, PartialEq, Debug)]
pub enum Refusal {
    /// Nesting passed the limit on this line.
    Deep(u32),
    /// The number of values passed the limit on this line.
    Many(u32),
}

/// A number that is not finite.
#[derive(Clone, PartialEq, Debug)]
pub struct NotFinite {
    /// Line from 1.
    pub line: u32,
    /// As written.
    pub text: String,
}

/// The outline and what was noticed on the way.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The document as a whole.
    pub root: Node,
    /// Numbers that are not finite.
    pub not_finite: Vec<NotFinite>,
}

struct Scanner<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    line: u32,
    stack: Vec<Node>,
    key: Option<(String, u32)>,
    word: Option<(String, u32)>,
    nodes: usize,
    not_finite: Vec<NotFinite>,
}

/// Builds the outline.
///
/// # Errors
/// [`Refusal`] when the text is nested deeper than `depth` or holds more than `values` values.
pub fn outline(text: &str, depth: usize, values: usize) -> Result<Outline, Refusal> {
    let mut s = Scanner {
        rest: text.chars().peekable(),
        line: 1,
        stack: vec![Node { line: 1, ..Node::default() }],
        key: None,
        word: None,
        nodes: 0,
        not_finite: Vec::new(),
    };
    while let Some(c) = s.next() {
        s.step(c);
        if s.stack.len() > depth + 1 {
            return Err(Refusal::Deep(s.line));
        }
        if s.nodes > values {
            return Err(Refusal::Many(s.line));
        }
    }
    s.flush();
    while s.stack.len() > 1 {
        s.close();
    }
    let mut root = s.stack.pop().unwrap_or_default();
    if let Some(only) = root.children.pop() {
        root = only;
    }
    Ok(Outline { root, not_finite: s.not_finite })
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.line += u32::from(c == '\n');
        Some(c)
    }

    fn step(&mut self, c: char) {
        match c {
            '(' | '[' | '{' => self.open(),
            ')' | ']' | '}' => {
                self.flush();
                self.close();
            }
            ',' => self.flush(),
            ':' => self.key = self.word.take().or_else(|| self.last_as_key()),
            '"' => self.string(),
            '/' if matches!(self.rest.peek(), Some('/' | '*')) => self.comment(),
            c if c.is_whitespace() => {}
            c => self.word_char(c),
        }
    }

    /// Map keys that are strings were taken for values; a colon tells the truth.
    fn last_as_key(&mut self) -> Option<(String, u32)> {
        let last = self.stack.last_mut()?.children.pop()?;
        Some((last.text, last.line))
    }

    fn word_char(&mut self, c: char) {
        let line = self.line;
        let (word, _) = self.word.get_or_insert_with(|| (String::new(), line));
        if c == 'r' && word.is_empty() && matches!(self.rest.peek(), Some('#' | '"')) {
            self.word = None;
            self.raw_string();
        } else if word.len() < 120 {
            word.push(c);
        }
    }

    fn open(&mut self) {
        let named = self.word.take();
        let (key, line) = self.key.take().unwrap_or((String::new(), self.line));
        self.nodes += 1;
        self.stack.push(Node { line, key, text: named.map(|w| w.0).unwrap_or_default(), children: Vec::new() });
    }

    fn close(&mut self) {
        if self.stack.len() > 1
            && let (Some(node), Some(parent)) = (self.stack.pop(), self.stack.last_mut())
        {
            parent.children.push(node);
        }
    }

    fn flush(&mut self) {
        if let Some((text, line)) = self.word.take() {
            let bare = text.trim_start_matches(['-', '+']);
            let digits = bare.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            let huge = digits && bare.replace('_', "").parse::<f64>().is_ok_and(f64::is_infinite);
            if huge || matches!(bare, "inf" | "NaN") {
                self.not_finite.push(NotFinite { line, text: text.chars().take(40).collect() });
            }
            self.leaf(text, line);
        }
        self.key = None;
    }

    fn leaf(&mut self, text: String, line: u32) {
        let (key, line) = self.key.take().unwrap_or((String::new(), line));
        self.nodes += 1;
        if let Some(parent) = self.stack.last_mut() {
            parent.children.push(Node { line, key, text, children: Vec::new() });
        }
    }

    fn string(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => drop(self.next()),
                c if text.len() < 120 => text.push(c),
                _ => {}
            }
        }
        self.leaf(text, line);
    }

    fn raw_string(&mut self) {
        let line = self.line;
        let mut hashes = 0;
        while self.rest.peek() == Some(&'#') {
            hashes += 1;
            self.next();
        }
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == '"' {
                let mut seen = 0;
                while seen < hashes && self.rest.peek() == Some(&'#') {
                    seen += 1;
                    self.next();
                }
                if seen == hashes {
                    break;
                }
            } else if text.len() < 120 {
                text.push(c);
            }
        }
        self.leaf(text, line);
    }

    fn comment(&mut self) {
        if self.next() == Some('/') {
            while self.next().is_some_and(|c| c != '\n') {}
            return;
        }
        let (mut depth, mut last) = (1, ' ');
        while depth > 0
            && let Some(c) = self.next()
        {
            match (last, c) {
                ('*', '/') => depth -= 1,
                ('/', '*') => depth += 1,
                _ => {
                    last = c;
                    continue;
                }
            }
            last = ' ';
        }
    }
}

impl Node {
    /// The value at a path such as `assets["CH-1"].needs[0].amount`; the deepest ancestor that exists.
    pub fn find(&self, path: &str) -> &Node {
        let mut here = self;
        for step in steps(path) {
            let next = match step {
                Step::Field(name) => here.children.iter().find(|c| c.key == name),
                Step::Index(i) => here.children.get(i),
                Step::Id(id) => here
                    .children
                    .iter()
                    .find(|c| c.key == id || (c.key.is_empty() && c.text == id) || c.children.iter().any(|f| f.key == "id" && f.text == id)),
            };
            match next {
                Some(n) => here = n,
                None => break,
            }
        }
        here
    }
}

enum Step<'p> {
    Field(&'p str),
    Index(usize),
    Id(&'p str),
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let end = quoted.find("\"]").unwrap_or(quoted.len());
            out.push(Step::Id(&quoted[..end]));
            rest = quoted.get(end + 2..).unwrap_or("");
        } else if let Some(number) = rest.strip_prefix('[') {
            let end = number.find(']').unwrap_or(number.len());
            out.push(Step::Index(number[..end].parse().unwrap_or(usize::MAX)));
            rest = number.get(end + 1..).unwrap_or("");
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            out.push(Step::Field(&name[..end]));
            rest = &name[end..];
            if end == 0 {
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "// head\n(\n  id: \"p\", /* a\n b */\n  assets: [\n    (id: \"A\", at: (1, 2, 3)),\n    (\n      id: \"B\",\n      needs: [(medium: \"power\", amount: 4.0),\n        (medium: \"air\",\n         amount: -1.0)],\n    ),\n  ],\n  map: { \"x\": 1,\n  \"y\": Named(a: 2) },\n)\n";

    #[test]
    fn paths_have_lines() {
        let o = outline(TEXT, 20, 1000).unwrap();
        assert_eq!(o.root.find("id").line, 3);
        assert_eq!(o.root.find("assets[\"A\"]").line, 6);
        assert_eq!(o.root.find("assets[\"B\"]").line, 7);
        assert_eq!(o.root.find("assets[\"B\"].needs[1].amount").line, 11);
        assert_eq!(o.root.find("assets[1].needs[0].amount").line, 9);
        assert_eq!(o.root.find("assets[\"A\"].absent.deeper").line, 6, "the nearest ancestor answers");
        assert_eq!(o.root.find("map.y.a").line, 15);
    }

    #[test]
    fn numbers_that_are_not_finite_are_found_outside_strings_only() {
        let o = outline("(a: NaN, b: -inf, c: 1e999, d: \"NaN\", e: 1e3, f: [inf], information: 3, g: -1_0e400)", 9, 99).unwrap();
        let found: Vec<&str> = o.not_finite.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(found, ["NaN", "-inf", "1e999", "inf", "-1_0e400"]);
    }

    #[test]
    fn limits_hold() {
        assert_eq!(outline(&"[".repeat(1_000_000), 32, 1000).unwrap_err(), Refusal::Deep(1));
        assert_eq!(outline(&"1,".repeat(2000), 32, 1000).unwrap_err(), Refusal::Many(1));
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_not_a_panic(s in "[\\[\\](){}:,\"#r/*a1.\\\\\n -]{0,60}") {
            if let Ok(o) = outline(&s, 8, 100) {
                let _ = o.root.find(&s).line;
            }
        }
    }
}
