//! The shape of the source tree, checked: layer directions, forbidden names, file headers, file sizes.
//!
//! Fails with file and line. DESIGN: a module uses only lower layers; modules of one layer do not use each
//! other, except the pairs listed here with their reason.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Layer of each top-level module.
const LAYERS: [(&str, u8); 23] = [
    ("time", 0),
    ("units", 0),
    ("rng", 0),
    ("clock", 0),
    ("document", 0),
    ("plant", 1),
    ("sim", 2),
    ("physics", 2),
    ("link", 2),
    ("history", 2),
    ("scenario", 3),
    ("estimate", 3),
    ("forecast", 4),
    ("fidelity", 5),
    ("surrogate", 5),
    ("agent", 5),
    ("emulator", 5),
    ("governance", 6),
    ("twin", 7),
    ("studio", 8),
    ("report", 8),
    ("cli", 9),
    ("main", 9),
];

/// Allowed uses inside one layer, each with its reason.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    ("clock", "time", "a clock shows a Time"),
    ("clock", "rng", "the manual clock's entropy is a keyed draw, so that tests repeat"),
    ("document", "time", "documents write spans as text"),
    ("document", "units", "documents name units"),
];

/// Names that only some modules may use: (word, allowed path prefixes under src/, reason).
const NAMES: [(&str, &[&str], &str); 8] = [
    ("bevy", &["twin/", "studio/", "cli/", "main.rs"], "L0–L6 are free of the engine"),
    ("bevy_egui", &["studio/"], "panels live in the studio"),
    ("egui", &["studio/"], "panels live in the studio"),
    ("wgpu", &["studio/", "cli/doctor.rs"], "L0–L7 know no GPU"),
    ("rapier3d", &["physics/"], "only physics names rapier"),
    ("rumqttc", &["link/"], "only link talks MQTT"),
    ("mqtt5", &["link/"], "only link talks MQTT"),
    ("CommandPort", &["link/", "governance/dispatch", "twin/compose.rs"], "commands leave through governance only"),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> = fs::read_dir(dir).expect("src exists").map(|e| e.expect("readable").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.into_iter().map(|f| (f.strip_prefix(&root).expect("under src").to_path_buf(), fs::read_to_string(&f).expect("utf-8"))).collect()
}

/// The code of a line without comments and string contents, so that prose cannot trip a rule.
fn code_of(line: &str) -> String {
    let mut out = String::new();
    let mut in_string = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => {
                chars.next();
            }
            '"' => in_string = !in_string,
            '/' if !in_string && chars.peek() == Some(&'/') => break,
            _ if !in_string => out.push(c),
            _ => {}
        }
    }
    out
}

fn words(code: &str) -> Vec<&str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect()
}

fn module_of(path: &Path) -> String {
    let first = path.iter().next().expect("non-empty").to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|l| l.0 == module).map(|l| l.1)
}

/// Modules named by `crate::x` or `plantcast::x`, also inside `use crate::{a, b::c}` groups on one line.
fn used_modules(code: &str) -> Vec<String> {
    let mut out = Vec::new();
    for root in ["crate::", "plantcast::"] {
        let mut rest = code;
        while let Some(i) = rest.find(root) {
            rest = &rest[i + root.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                out.extend(group_heads(group));
            } else {
                out.extend(words(rest).first().map(|w| (*w).to_string()));
            }
        }
    }
    out
}

/// First identifiers at depth 0 of a use group.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut head, mut out) = (0, String::new(), Vec::new());
    let mut taking = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(std::mem::take(&mut head));
                taking = true;
            }
            c if depth == 0 && taking && (c.is_alphanumeric() || c == '_') => head.push(c),
            ' ' | '\n' => {}
            _ => taking = false,
        }
    }
    out.push(head);
    out.retain(|h| !h.is_empty());
    out
}

#[test]
fn modules_use_only_lower_layers() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(own) = layer(&module) else {
            wrong.push(format!("src/{}:1: module {module:?} has no layer; add it to tests/architecture.rs and ARCHITECTURE.md", path.display()));
            continue;
        };
        let clean: Vec<String> = text.lines().map(code_of).collect();
        let mut n = 0;
        while n < clean.len() {
            // a use group may span lines: join until its closing brace
            let (start, mut statement) = (n, clean[n].clone());
            while statement.trim_start().trim_start_matches("pub ").starts_with("use ") && !statement.contains(';') && n + 1 < clean.len() {
                n += 1;
                statement.push_str(&clean[n]);
            }
            n += 1;
            for used in used_modules(&statement) {
                let Some(its) = layer(&used) else { continue };
                let listed = EXCEPTIONS.iter().any(|e| e.0 == module && e.1 == used);
                if used != module && its >= own && !listed {
                    wrong.push(format!(
                        "src/{}:{}: {module} (L{own}) uses {used} (L{its}); a module uses only lower layers",
                        path.display(),
                        start + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn names_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let shown = path.to_string_lossy().replace('\\', "/");
        if shown == "lib.rs" {
            continue;
        }
        for (n, line) in text.lines().enumerate() {
            let code = code_of(line);
            for word in words(&code) {
                for (name, allowed, reason) in NAMES {
                    if word == name && !allowed.iter().any(|a| shown.starts_with(a)) {
                        wrong.push(format!("src/{shown}:{}: {name} may not stand here: {reason}", n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn features_stand_only_on_mod_lines_and_subcommands() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let shown = path.to_string_lossy().replace('\\', "/");
        if shown == "lib.rs" || shown == "main.rs" || shown.starts_with("cli/") {
            continue;
        }
        for (n, line) in text.lines().enumerate() {
            if code_of(line).contains("feature =") || line.trim_start().starts_with("#[cfg(feature") {
                wrong.push(format!("src/{shown}:{}: cfg(feature) belongs on mod lines in lib.rs and on subcommands", n + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns_and_stays_small() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("src/{}:1: a file opens with //! (what it owns, what it does not, its invariant)", path.display()));
        }
        let lines = text.lines().count();
        if lines > 700 {
            wrong.push(format!("src/{}:{lines}: {lines} lines; split it by idea (think at 400, justify 600)", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_checks_can_fail() {
    assert_eq!(used_modules("use crate::{plant::{A, B}, sim, time::Span};"), ["plant", "sim", "time"]);
    assert_eq!(used_modules("let x = crate::twin::f(crate::sim::g());"), ["twin", "sim"]);
    assert_eq!(code_of("a(); // crate::twin"), "a(); ");
    assert_eq!(code_of("let s = \"crate::twin\"; b()"), "let s = ; b()");
    assert!(layer("twin") > layer("sim"));
}
