//! What is around the sections of a page: its policy, its heading, navigation, search, and where details are shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::shown::shown;
use super::{Page, Section};

const STYLE: &str = include_str!("page.css");
/// Runs before anything is drawn.
const THEME: &str = include_str!("theme.js");
/// Run in this order when everything is there.
const SCRIPTS: [&str; 2] = [include_str!("graph.js"), include_str!("page.js")];

/// The whole document.
pub(super) fn document(page: &Page<'_>, sections: &[Section], data: &Markup) -> String {
    let title = title(page);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "hoist " (env!("CARGO_PKG_VERSION")) };
                title { (shown(&title)) }
                style { (PreEscaped(STYLE)) }
                script { (PreEscaped(THEME)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header {
                    h1 { (shown(&title)) }
                    (tools())
                    nav aria-label="Sections" {
                        ul {
                            @for section in sections {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                }
                main #main tabindex="-1" {
                    noscript {
                        p.note {
                            "Without its script this page neither searches nor shows the texts of statements; \
                             everything else is here."
                        }
                    }
                    @for section in sections {
                        section #(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 #{ (section.id) "-title" } { (section.title) }
                            (section.body)
                        }
                    }
                }
                (details())
                footer {
                    p { "Made by hoist " (env!("CARGO_PKG_VERSION")) ". Times and sizes are estimates unless they are \
                         called measured; times of statements and frames are sums over all of Spark's tasks." }
                }
                (data)
                @for script in SCRIPTS {
                    script { (PreEscaped(script)) }
                }
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

/// What the report is called.
fn title(page: &Page<'_>) -> String {
    match page.review.files.root {
        "" => "hoist report".to_owned(),
        root => format!("hoist report: {root}"),
    }
}

/// Search and the switch of the theme, which the script shows.
fn tools() -> Markup {
    html! {
        form.tools role="search" hidden {
            label for="search" { "Search" }
            input #search type="search" autocomplete="off" spellcheck="false" aria-describedby="search-help";
            span #search-help .hint { kbd { "/" } " to search, " kbd { "Enter" } " for the next match" }
            output #matches for="search" aria-live="polite" {}
            fieldset.theme {
                legend { "Theme" }
                @for (value, label) in [("auto", "Auto"), ("light", "Light"), ("dark", "Dark")] {
                    label {
                        input type="radio" name="theme" value=(value) checked[value == "auto"];
                        span { (label) }
                    }
                }
            }
        }
    }
}

/// Where the script shows a frame or a statement.
fn details() -> Markup {
    html! {
        dialog #details aria-labelledby="details-title" {
            div.bar {
                h2 #details-title tabindex="-1" {}
                button #details-back type="button" hidden { "Back" }
                button #details-close type="button" { "Close" }
            }
            div #details-body {}
        }
    }
}

/// Only what the page itself brings, by its hash; nothing is loaded, nothing is sent.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let scripts = [hash(THEME), SCRIPTS.map(hash).join(" ")].join(" ");
    format!(
        "default-src 'none'; style-src {}; script-src {scripts}; base-uri 'none'; form-action 'none'",
        hash(STYLE)
    )
}
