//! What the page does in a browser: by keyboard and mouse, in light and dark, wide and narrow, small and large.

use serde_json::{Value, json};

use super::browser::{Browser, Complaints};
use super::pages::{large, of_the_sample, of_the_small_one, report, small};

/// A browser with a page, and how it is shown at first.
fn shown(page: &str) -> Browser {
    let mut browser = Browser::start();
    browser.prefers("light", "reduce");
    browser.open(page);
    browser
}

/// The key of the box in the graph that has the focus.
fn focused(browser: &mut Browser) -> Value {
    browser.value("document.activeElement.dataset.key ?? document.activeElement.id")
}

const VIEW: &str = "document.getElementById('drawing').getAttribute('viewBox')";
const OPEN: &str = "document.getElementById('details').open";
const TITLE: &str = "document.getElementById('details-title').textContent";
const STORED: &str = "localStorage.getItem('hoist-theme')";
const GROUND: &str = "getComputedStyle(document.body).backgroundColor";

#[test]
fn a_frame_is_opened_by_keyboard_alone() {
    let mut browser = shown(&of_the_sample());
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.className"), "skip");
    // To the graph, which is one stop.
    let inside = "document.activeElement.closest('#drawing a') !== null";
    let stops = (0..40).take_while(|_| {
        browser.press("Tab");
        browser.value(inside) == false
    });
    assert!(stops.count() < 20);
    assert_eq!(focused(&mut browser), "s1");
    // Up its column to the frame, along a line to a reader, and back.
    browser.press("ArrowUp");
    browser.press("ArrowUp");
    assert_eq!(focused(&mut browser), "f1");
    browser.press("ArrowRight");
    let reader = focused(&mut browser);
    assert!(reader.as_str().unwrap().starts_with('s'), "{reader}");
    browser.press("ArrowLeft");
    assert_eq!(focused(&mut browser), "f1");
    let outline = "getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth";
    assert_eq!(browser.value(outline), "4px", "one sees where the focus is");
    browser.press("Enter");
    assert_eq!(browser.value(OPEN), true);
    assert_eq!(browser.text(TITLE), "Frame general_data_1");
    assert_eq!(focused(&mut browser), "details-title");
    let inside = browser.text("document.getElementById('details-body').textContent");
    for part in ["Definition", "Readers", "net 1.8 s"] {
        assert!(inside.contains(part), "{part}: {inside}");
    }
    // The lines that the frame replaces, in each of the 13 statements that read it, once or twice.
    let marks = "document.querySelectorAll('#details-body .readers mark').length";
    assert_eq!(browser.value(marks), 14);
    let marked = browser.text("document.querySelector('#details-body .removed mark').textContent");
    assert_eq!(marked, "FROM general_data");
    // On to a statement, back, and out.
    browser.click("#details-body .readers a");
    assert_eq!(browser.text(TITLE), "Statement 03_exposure.sql:2");
    browser.click("#details-back");
    assert_eq!(browser.text(TITLE), "Frame general_data_1");
    browser.press("Escape");
    assert_eq!(browser.value(OPEN), false);
    assert_eq!(focused(&mut browser), "f1", "the focus is where it was");
    assert_eq!(browser.complaints(), Complaints::default());
}

#[test]
fn the_graph_is_moved_and_zoomed() {
    let mut browser = shown(&of_the_sample());
    let whole = browser.text(VIEW);
    browser.value("document.querySelector('#drawing a').focus()");
    browser.press("+");
    let near = browser.text(VIEW);
    assert_ne!(near, whole);
    browser.press("0");
    assert_eq!(browser.text(VIEW), whole);
    browser.click("[data-view=in]");
    assert_eq!(browser.text(VIEW), near);
    browser.click("[data-view=fit]");
    // A drag moves what is seen and opens nothing, though it begins on a box.
    let place = "(() => { const box = document.querySelector('#drawing [data-key=f1]').getBoundingClientRect(); \
                 return [Math.round(box.x + 20), Math.round(box.y + 10)]; })()";
    let place = browser.value(place);
    let (x, y) = (place[0].as_i64().unwrap(), place[1].as_i64().unwrap());
    browser.drag(&[(x, y), (x + 40, y + 10), (x + 120, y + 30)]);
    assert_ne!(browser.text(VIEW), whole);
    assert_eq!(browser.value(OPEN), false);
    browser.rest(50);
    browser.click("#drawing [data-key=f1]");
    assert_eq!(browser.text(TITLE), "Frame general_data_1");
    assert_eq!(browser.complaints(), Complaints::default());
}

#[test]
fn what_is_searched_is_found() {
    let mut browser = shown(&of_the_sample());
    browser.press("/");
    assert_eq!(focused(&mut browser), "search");
    browser.enter("technical_price");
    let matches = browser.text("document.getElementById('matches').textContent");
    assert!(matches.starts_with("1 in the graph, "), "{matches}");
    let rows = "document.querySelectorAll('#statements tbody tr:not([hidden])').length";
    let found = browser.value(rows).as_u64().unwrap();
    assert!((1..25).contains(&found), "{found}");
    browser.press("Enter");
    let title = browser.text("document.activeElement.querySelector('title').textContent");
    assert!(
        title.starts_with("statement 20_technical_price.sql:2"),
        "{title}"
    );
    browser.press("/");
    browser.press("Escape");
    assert_eq!(browser.value(rows), 25);
    assert_eq!(browser.value("document.querySelectorAll('.dim').length"), 0);
    browser.enter("no such thing");
    let matches = browser.text("document.getElementById('matches').textContent");
    assert_eq!(matches, "0 in the graph, 0 below");
    assert_eq!(browser.complaints(), Complaints::default());
}

#[test]
fn light_and_dark_are_preferred_or_chosen() {
    let folder = small();
    let mut browser = shown(&of_the_small_one(&folder));
    let (light, dark) = ("rgb(255, 255, 255)", "rgb(20, 23, 28)");
    assert_eq!(browser.value(GROUND), light);
    browser.prefers("dark", "no-preference");
    assert_eq!(browser.value(GROUND), dark);
    browser.click("input[name=theme][value=light]");
    assert_eq!(browser.value(GROUND), light);
    assert_eq!(browser.value(STORED), "light");
    // A page that finds it stored is light from the beginning. The browser may lose it between loads, as it stores
    // behind the page's back, so it is put there again.
    browser.before_scripts("localStorage.setItem('hoist-theme', 'light')");
    browser.reload();
    assert_eq!(browser.value(GROUND), light, "the choice is kept");
    let chosen = "document.querySelector('input[name=theme]:checked').value";
    assert_eq!(browser.value(chosen), "light");
    browser.click("input[name=theme][value=auto]");
    assert_eq!(browser.value(GROUND), dark);
    let motion = "getComputedStyle(document.documentElement).scrollBehavior";
    assert_eq!(browser.value(motion), "smooth");
    browser.prefers("dark", "reduce");
    assert_eq!(browser.value(motion), "auto");
    for scheme in ["light", "dark"] {
        browser.prefers(scheme, "reduce");
        assert_eq!(browser.value(FAINT), json!([]), "{scheme}");
    }
    assert_eq!(browser.complaints(), Complaints::default());
}

/// Texts whose contrast with what is behind them is below 4.5 : 1 (WCAG 2.2, 1.4.3).
const FAINT: &str = r"(() => {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (part) => {
    for (let at = part; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
  };
  const own = (part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
  return [...document.querySelectorAll('body *:not(svg *, script)')].filter(own).filter((part) => {
    const [one, other] = [light(getComputedStyle(part).color), light(behind(part))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05) < 4.5;
  }).map((part) => part.outerHTML);
})()";

#[test]
fn those_who_hear_the_page_are_told_what_others_see() {
    let folder = small();
    let mut browser = shown(&of_the_small_one(&folder));
    let tree = browser.ask("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let named: Vec<(&str, &str)> = nodes
        .iter()
        .filter(|node| node["ignored"] != true)
        .map(|node| {
            let text = |field: &str| node[field]["value"].as_str().unwrap_or("");
            (text("role"), text("name"))
        })
        .collect();
    let has = |role: &str, name: &str| {
        assert!(
            named
                .iter()
                .any(|(has, is)| *has == role && is.starts_with(name)),
            "{role} {name}: {named:?}"
        );
    };
    has("main", "");
    has("navigation", "Sections");
    has("search", "");
    has("searchbox", "Search");
    has("radio", "Dark");
    has("heading", "Findings");
    has("link", "frame orders_1, raw.orders");
    has("link", "statement 3_sums.sql:1");
    has("link", "orders_1: ");
    has("columnheader", "reads");
    has("rowheader", "raw.orders");
    has("button", "Zoom in");
    for (role, name) in &named {
        let must = [
            "link",
            "button",
            "radio",
            "searchbox",
            "heading",
            "table",
            "region",
        ];
        assert!(
            !must.contains(role) || !name.is_empty(),
            "{role} without a name"
        );
    }
}

#[test]
fn a_page_of_a_thousand_statements_works_as_well() {
    let folder = large(1_000);
    let page = report(
        &folder,
        &["p", "--catalog", "catalog.json", "--format", "html"],
    );
    assert!(page.len() < 2_000_000, "{}", page.len());
    let mut browser = shown(&page);
    browser.value("document.querySelector('#drawing a.frame').focus()");
    browser.press("Enter");
    assert!(browser.text(TITLE).starts_with("Frame "));
    browser.press("Escape");
    browser.press("/");
    browser.enter("0777_step");
    browser.press("Enter");
    let title = browser.text("document.activeElement.querySelector('title').textContent");
    assert!(title.starts_with("statement 0777_step.sql:1"), "{title}");
    browser.press("Enter");
    assert_eq!(browser.text(TITLE), "Statement 0777_step.sql:1");
    assert!(
        browser
            .text("document.querySelector('#details-body pre').textContent")
            .contains("mart.m777")
    );
    browser.press("Escape");
    browser.picture("large-search");
    browser.click("[data-view=fit]");
    browser.picture("large");
    browser.click(".overview a.frame");
    assert!(browser.text(TITLE).starts_with("Frame "));
    browser.press("Escape");
    browser.picture("large-overview");
    assert_eq!(browser.complaints(), Complaints::default());
}

/// Nothing sticks out at any width, and pictures are taken for whoever wants to look: `HOIST_SCREENSHOTS=DIR`.
#[test]
fn pictures_in_light_and_dark_wide_and_narrow() {
    let folder = small();
    let pages = [
        ("sample", of_the_sample()),
        ("small", of_the_small_one(&folder)),
    ];
    let mut browser = Browser::start();
    for (name, page) in &pages {
        for (size, width) in [("wide", 1280), ("narrow", 390)] {
            browser.resize(width, 900);
            browser.prefers("light", "reduce");
            browser.open(page);
            let wide = browser
                .value("document.documentElement.scrollWidth")
                .as_u64()
                .unwrap();
            assert!(wide <= u64::from(width), "{name} {size}: {wide}");
            let height = browser
                .value("document.documentElement.scrollHeight")
                .as_u64()
                .unwrap();
            browser.resize(width, u32::try_from(height.min(6_000)).unwrap());
            let mut pictures = Vec::new();
            for scheme in ["light", "dark"] {
                browser.prefers(scheme, "reduce");
                pictures.push(browser.picture(&format!("{name}-{size}-{scheme}")));
            }
            assert_ne!(pictures[0], pictures[1]);
            browser.resize(width, 900);
            browser.value("document.querySelector('#drawing a.frame').focus()");
            browser.press("Enter");
            browser.picture(&format!("{name}-{size}-frame"));
            assert_eq!(browser.complaints(), Complaints::default());
        }
    }
}
