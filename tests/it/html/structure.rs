//! What stands in the page, read as a browser reads it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::pages::{large, of_the_sample, of_the_small_one, report, small};
use crate::cli::Folder;

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// The one element.
fn one<'a>(page: &'a Html, selector: &str) -> ElementRef<'a> {
    let found = all(page, selector);
    assert_eq!(found.len(), 1, "{selector}");
    found[0]
}

/// Text without breaks, with a blank between parts that elements keep apart.
fn words(element: ElementRef<'_>) -> String {
    let words: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// The page, which no browser has to repair.
fn parsed(text: &str) -> Html {
    let page = Html::parse_document(text);
    assert_eq!(page.errors, Vec::<&str>::new());
    page
}

/// The block of JSON.
fn data(page: &Html) -> Value {
    let text: String = one(page, "script#data").text().collect();
    serde_json::from_str(&text).unwrap()
}

/// What every page keeps: nothing is loaded, links lead somewhere, and what is shown has a name for those who hear it.
fn is_sound(page: &Html) {
    loads_nothing(page);
    leads_somewhere(page);
    can_be_heard(page);
}

fn loads_nothing(page: &Html) {
    for element in all(page, "*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "style", "{name}={value}");
            let address = ["src", "href", "action", "srcset", "data", "poster", "ping"];
            let inside = value.starts_with('#');
            assert!(!address.contains(&name) || inside, "{name}={value}");
        }
        let name = element.value().name();
        assert!(
            !["link", "img", "iframe", "object", "embed", "base"].contains(&name),
            "{name}"
        );
    }
    let policy = one(page, "meta[http-equiv=Content-Security-Policy]");
    let policy = policy.attr("content").unwrap();
    let parts: BTreeMap<&str, &str> = policy
        .split("; ")
        .map(|part| part.split_once(' ').unwrap())
        .collect();
    assert_eq!(parts["default-src"], "'none'");
    let hash = |element: &ElementRef<'_>| {
        let text: String = element.text().collect();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
    };
    let hashes = |selector| -> Vec<String> { all(page, selector).iter().map(hash).collect() };
    assert_eq!(parts["style-src"], hashes("style").join(" "));
    assert_eq!(
        parts["script-src"],
        hashes("script:not([type='application/json'])").join(" ")
    );
}

fn leads_somewhere(page: &Html) {
    let mut ids = BTreeSet::new();
    for element in all(page, "[id]") {
        let id = element.attr("id").unwrap();
        assert!(ids.insert(id), "{id} stands twice");
    }
    for link in all(page, "a[href]") {
        let target = link.attr("href").unwrap().trim_start_matches('#');
        assert!(ids.contains(target), "{target} is nowhere");
        let key = link.attr("data-open").or(link.attr("data-key"));
        assert!(key.is_none_or(|key| key == target), "{key:?}");
    }
    let named = ["aria-labelledby", "aria-describedby", "for"];
    for name in named {
        for element in all(page, &format!("[{name}]")) {
            let target = element.attr(name).unwrap();
            assert!(ids.contains(target), "{name}={target}");
        }
    }
    let data = data(page);
    for link in all(page, "a[data-open^=s]") {
        let key = link.attr("data-open").unwrap();
        assert!(data[key]["title"].is_string(), "{key}");
    }
}

fn can_be_heard(page: &Html) {
    for landmark in [
        "header",
        "main",
        "footer",
        "nav[aria-label]",
        "h1",
        "html[lang]",
    ] {
        one(page, landmark);
    }
    let mut before = 1;
    for heading in all(page, "h1, h2, h3, h4, h5") {
        if heading
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|one| one.value().name() == "dialog")
        {
            continue;
        }
        let level = heading.value().name()[1..].parse::<u32>().unwrap();
        assert!(level <= before + 1, "{}", words(heading));
        assert_ne!(words(heading), "");
        before = level;
    }
    for table in all(page, "table") {
        let has = |selector: &str| table.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!(has("caption"), 1);
        assert_eq!(has("thead th:not([scope=col])"), 0);
        assert_eq!(has("tbody tr"), has("tbody th[scope=row]"));
    }
    for drawing in all(page, "svg:not([aria-hidden=true])") {
        assert!(drawing.attr("aria-label").is_some() && drawing.attr("role").is_some());
    }
    for part in all(page, "svg a") {
        let title = part.select(&Selector::parse("title").unwrap()).next();
        assert_ne!(title.map(words).unwrap_or_default(), "");
    }
    for region in all(page, ".scroll") {
        assert_eq!(region.attr("tabindex"), Some("0"));
        assert!(region.attr("aria-label").is_some());
    }
    for button in all(page, "button, a") {
        assert_ne!(words(button), "");
    }
}

#[test]
fn the_page_of_the_sample_is_sound_and_says_what_the_plan_says() {
    let text = of_the_sample();
    assert!(text.len() < 200_000, "{}", text.len());
    assert_eq!(text, of_the_sample(), "the same bytes each time");
    let page = parsed(&text);
    is_sound(&page);
    let figures = words(one(&page, ".figures"));
    for figure in [
        "Statements 25 in 21 files",
        "Reads of tables 79 → 61 18 reads saved",
        "Frames 2",
    ] {
        assert!(figures.contains(figure), "{figures}");
    }
    let frames: Vec<String> = all(&page, "#frames summary h3")
        .into_iter()
        .map(words)
        .collect();
    assert_eq!(frames, ["general_data_1", "trips_groups_1"]);
    assert_eq!(all(&page, "#drawing a.frame").len(), 2);
    assert_eq!(all(&page, "#drawing a.statement").len(), 25);
    // A bar, and a mark for each of the steps that read: 13, of which one reads twice.
    let bars = all(&page, "#lifetimes a.bar");
    assert_eq!(bars.len(), 2);
    assert!(
        words(bars[0]).starts_with("general_data_1: 24.8 MiB, steps 4 to 29, 13 reading steps")
    );
    assert_eq!(all(&page, "#statements tbody tr").len(), 25);
    let repeated = words(one(&page, "#repeated"));
    assert!(
        repeated.contains("insurance.policies read as it is"),
        "{repeated}"
    );
}

#[test]
fn texts_of_statements_show_what_frames_replace() {
    let folder = small();
    let page = parsed(&of_the_small_one(&folder));
    let data = data(&page);
    let sums = &data["s3"];
    assert_eq!(
        (&sums["title"], &sums["line"]),
        (&Value::from("3_sums.sql:1"), &Value::from(1))
    );
    let text = sums["text"].as_str().unwrap();
    assert!(
        text.contains("\n   sum(amount) AS amount\n-FROM raw.orders\n+FROM {ns}_orders_1"),
        "{text}"
    );
    assert_eq!(sums["replaced"]["f1"], Value::from(vec![5]));
    // What no frame serves is there as written.
    assert_eq!(data["s4"]["text"], " SELECT x FROM mart.sums a, mart.new b");
}

/// The whole page but for its style and its scripts, which are files of their own.
#[test]
fn the_page_is_as_it_was() {
    let folder = small();
    let text = of_the_small_one(&folder);
    is_sound(&parsed(&text));
    let mut shown = String::new();
    for part in text
        .split_inclusive("</script>")
        .flat_map(|part| part.split_inclusive("</style>"))
    {
        let ended = part
            .strip_suffix("</script>")
            .or(part.strip_suffix("</style>"));
        let begun = ended.and_then(|part| part.rfind("<s").map(|at| part.split_at(at)));
        match begun {
            Some((before, inside)) if !inside.starts_with("<script id=\"data\"") => {
                shown.push_str(before);
                shown.push_str("<…>");
            }
            _ => shown.push_str(part),
        }
    }
    let policy = shown
        .split("'sha256-")
        .enumerate()
        .map(|(at, part)| match at {
            0 => part.to_owned(),
            _ => format!("'sha256-…{}", &part[part.find('\'').unwrap()..]),
        });
    let lines = policy.collect::<String>().replace("><", ">\n<");
    insta::assert_snapshot!(lines);
}

#[test]
fn a_run_is_shown_beside_the_plan_that_it_followed() {
    let folder = small();
    let page = parsed(&of_the_small_one(&folder));
    let run = words(one(&page, "#run"));
    assert!(
        run.contains("Run 7f3a failed: 6 steps in 8.1 s of wall time"),
        "{run}"
    );
    assert!(
        run.contains("orders_1") && run.contains("29.5 MiB"),
        "{run}"
    );
    assert_eq!(all(&page, "#run a.bar.step").len(), 6);
    assert_eq!(all(&page, "#run a.bar.failed").len(), 1);
    // Another plan's run is shown, but not as one of this plan.
    let other = folder.read("run.jsonl").replace("2_new.sql", "3_new.sql");
    folder.write("other.jsonl", other.as_bytes());
    let text = report(
        &folder,
        &[
            "p",
            "--catalog",
            "catalog.json",
            "--journal",
            "other.jsonl",
            "--format",
            "html",
        ],
    );
    let page = parsed(&text);
    is_sound(&page);
    assert!(words(one(&page, "#run")).contains("not those of the plan"));
    assert_eq!(all(&page, "#run a[href]").len(), 0);
    assert!(words(one(&page, "#run")).contains("orders_1: built in 5.0 s, there until 7.5 s"));
    folder.write("none.jsonl", b"{}\n");
    folder
        .hoist(&["report", "p", "--journal", "none.jsonl", "--format", "html"])
        .fails(
            2,
            "error: journal `none.jsonl` cannot be read: it does not begin as a journal of format `hoist-run/1` does\n  \
             help: `hoist execute --journal none.jsonl` writes it\n",
        );
}

#[test]
fn a_change_is_told() {
    let folder = small();
    let page = parsed(&of_the_small_one(&folder));
    let change = words(one(&page, "#change"));
    assert!(change.contains("Compared with base ."), "{change}");
    assert!(change.contains("statements 2 4 changed"), "{change}");
    assert!(change.contains("1 fixed"), "{change}");
    assert!(words(one(&page, ".figures")).contains("before: "));
    folder
        .hoist(&[
            "plan",
            "base",
            "--catalog",
            "catalog.json",
            "-o",
            "plan.json",
        ])
        .ends(0);
    let text = report(
        &folder,
        &[
            "p",
            "--catalog",
            "catalog.json",
            "--base",
            "plan.json",
            "--format",
            "html",
        ],
    );
    let page = parsed(&text);
    is_sound(&page);
    let change = words(one(&page, "#change"));
    assert!(
        change.contains("Statements") && change.contains("A regression counts by"),
        "{change}"
    );
}

#[test]
fn pages_of_other_commands() {
    let folder = small();
    let ran = folder.hoist(&[
        "analyze",
        "p",
        "--catalog",
        "catalog.json",
        "--format",
        "html",
    ]);
    ran.ends(0);
    let page = parsed(&ran.stdout());
    is_sound(&page);
    assert!(words(one(&page, "#figures")).contains("There is no plan on this page"));
    assert!(words(one(&page, "#repeated")).contains("3 raw.orders 1_old.sql:1"));
    assert_eq!(all(&page, "#graph, #frames, #lifetimes").len(), 0);
    let ran = folder.hoist(&[
        "plan",
        "p",
        "--catalog",
        "catalog.json",
        "--output",
        "html=plan.html",
    ]);
    ran.ends(0);
    let page = parsed(&folder.read("plan.html"));
    is_sound(&page);
    assert_eq!(all(&page, "#frames details").len(), 1);
    // Nothing to say is said too.
    let empty = Folder::new(&[("p/a.sql", "SELECT 1;\n")]);
    let page = parsed(&report(&empty, &["p", "--format", "html"]));
    is_sound(&page);
    assert!(words(one(&page, "#findings")).contains("No finding."));
    assert!(words(one(&page, "#repeated")).contains("Nothing is read or computed more than once."));
}

/// Names and texts that mean something to a browser are shown as they are.
#[test]
fn nothing_of_the_users_is_markup() {
    let awkward = "</script><!--<script><img src=x onerror=alert(1)>\u{202e}'\"&amp;";
    let query = format!(
        "-- {awkward}\nSELECT '{}' AS x FROM `db`.`t<b>&`, u;\n",
        awkward.replace('\'', "")
    );
    let folder = Folder::new(&[
        ("p <i>/a&b's <img src=y>.sql", &query),
        ("p <i>/b.sql", "SELECT * FROM `db`.`t<b>&` x, u y;\n"),
    ]);
    let page = parsed(&report(&folder, &["p <i>", "--format", "html"]));
    is_sound(&page);
    assert_eq!(all(&page, "img, b, i").len(), 0);
    let data = data(&page);
    let text = data["s1"]["text"].as_str().unwrap();
    assert!(
        text.contains("</script><!--<script><img src=x onerror=alert(1)>\\u{202e}"),
        "{text}"
    );
    assert_eq!(data["s1"]["title"], "a&b's <img src=y>.sql:2");
    let shown = words(one(&page, "#statements"));
    assert!(
        shown.contains("a&b's <img src=y>.sql:2") && shown.contains("db.t<b>&"),
        "{shown}"
    );
    assert!(words(one(&page, "h1")).ends_with("p <i>"));
}

#[test]
fn a_large_page_stays_small_and_whole() {
    let folder = large(400);
    let text = report(
        &folder,
        &["p", "--catalog", "catalog.json", "--format", "html"],
    );
    assert!(text.len() < 1_000_000, "{}", text.len());
    let page = parsed(&text);
    is_sound(&page);
    assert_eq!(all(&page, "#statements tbody tr").len(), 400);
    assert!(all(&page, "#drawing a").len() > 400);
    // So many boxes are a picture of lines, so there is one of few boxes too.
    let overview = all(&page, ".overview a");
    assert!((2..=61).contains(&overview.len()), "{}", overview.len());
    let told = words(one(&page, "#graph"));
    assert!(told.contains("folded together: 4"), "{told}");
}
