use proptest::prelude::*;

use super::*;
use crate::frontend::source::{Source, Sources};
use crate::frontend::sql::tokens;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn given() -> Variables {
    variables(&[
        ("x", "7"),
        ("db.t", "m.t"),
        ("empty", ""),
        ("quote", "it''s"),
        ("out", "' -- "),
        ("nested", "<${x}>"),
        ("env:HOME", "/home/h"),
        ("system:os.name", "Linux"),
        ("ds", "2024-06-30"),
        ("params.x", "p"),
        ("var.value.y", "v"),
    ])
}

fn text(template: &str) -> String {
    render(template, &given()).text
}

fn missing(template: &str) -> Vec<String> {
    let rendered = render(template, &given());
    let missing = rendered.missing.iter();
    missing.map(|missing| missing.name.clone()).collect()
}

fn problems(template: &str) -> Vec<(String, String)> {
    let rendered = render(template, &given());
    let problems = rendered.problems.iter();
    problems
        .map(|problem| {
            let range = problem.template.start as usize..problem.template.end as usize;
            (template[range].to_owned(), problem.message.clone())
        })
        .collect()
}

fn uncertain(template: &str) -> Vec<String> {
    let rendered = render(template, &given());
    let uncertain = rendered.uncertain.iter();
    uncertain
        .map(|range| template[range.start as usize..range.end as usize].to_owned())
        .collect()
}

#[test]
fn what_is_not_a_variable_stays() {
    for same in [
        "$",
        "${",
        "${}",
        "${a b}",
        "$x {y}",
        "${other:x}",
        "'${x:-1}'",
        "{",
        "'{{}}'",
        "'{# c #}'",
        "concat('{{', a, '}}')",
        "a LIKE '{%' AND a LIKE '%}'",
        "'${ x }'",
    ] {
        assert_eq!(text(same), same);
        assert!(
            problems(same).is_empty() && missing(same).is_empty(),
            "{same}"
        );
    }
}

#[test]
fn every_form_of_a_variable_is_filled_in() {
    for (template, expected) in [
        ("a ${x} b", "a 7 b"),
        ("'${x}'`${x}`\"${x}\"", "'7'`7`\"7\""),
        ("${hivevar:x}${hiveconf:x}${spark:x}${sparkconf:x}", "7777"),
        ("${env:HOME} ${system:os.name}", "/home/h Linux"),
        ("${db.t}", "m.t"),
        ("${nested}", "<7>"),
        (
            "'{{ ds }}' {{params.x}} {{ var.value.y }}",
            "'2024-06-30' p v",
        ),
        ("${{ x }}", "$7"),
        ("-- ${x} {{ x }}\n/* ${x} */", "-- 7 7\n/* 7 */"),
    ] {
        assert_eq!(text(template), expected, "{template}");
    }
}

#[test]
fn jinja_takes_away_comments_and_blanks() {
    for (template, expected) in [
        ("a{# ; ' #}b", "ab"),
        ("a {#- c -#} b", "ab"),
        ("a \n {{- x -}} \n b", "a7b"),
        ("a {{- x }} b", "a7 b"),
        ("a {{+ x }} b", "a 7 b"),
        // The line of a comment goes on where its end is taken away, as it does for Jinja.
        ("-- c\n{{- missing }}\nb", "-- c{{- missing }}\nb"),
    ] {
        assert_eq!(text(template), expected, "{template}");
        assert!(problems(template).is_empty(), "{template}");
    }
}

#[test]
fn raw_text_means_itself_but_for_spark() {
    for (template, expected) in [
        ("'{% raw %}{{ x }} ${x}{% endraw %}'", "'{{ x }} 7'"),
        ("'a {%- raw -%} {% if %} {%- endraw -%} b'", "'a{% if %}b'"),
        (
            "{% raw %}SELECT 1; SELECT '${x}'{% endraw %}",
            "SELECT 1; SELECT '7'",
        ),
    ] {
        assert_eq!(text(template), expected, "{template}");
        assert!(problems(template).is_empty(), "{template}");
    }
    let wide = problems("{% raw %}SELECT '{{ x }}', '{{ y }}'{% endraw %}");
    assert_eq!(wide.len(), 1);
    assert_eq!(wide[0].0, "{% raw %}");
    assert_eq!(problems("{% raw %} x").len(), 1);
    assert_eq!(problems("x {% endraw %}").len(), 1);
}

#[test]
fn a_missing_value_is_told_but_in_comments() {
    assert_eq!(
        missing("${a} '{{ b.c }}' ${env:NO} ${hivevar:d}"),
        ["a", "b.c", "env:NO", "d"]
    );
    for template in [
        "-- ${a} {{ b }} {{ c | d }}\n",
        "/* ${a} */",
        "SELECT 1 -- '${a}'",
    ] {
        assert_eq!(text(template), template);
        assert!(
            missing(template).is_empty() && problems(template).is_empty(),
            "{template}"
        );
    }
    // A value that opens or closes a quote changes what surrounds the next variable.
    assert_eq!(missing("'${out} ${a}"), [""; 0]);
    assert_eq!(missing("'-- ${a}'"), ["a"]);
}

#[test]
fn a_placeholder_parses_where_it_stands() {
    for (template, expected) in [
        (
            "FROM ${a} WHERE d = ${b} AND e = '${c}'",
            "FROM a WHERE d = 1 AND e = 'c'",
        ),
        ("FROM ${table}", "FROM table_"),
        ("t_${a.b}_s", "t_a_b_s"),
        ("LIMIT {{ n }}", "LIMIT 1"),
        ("'{{ ds | upper }}'", "'ds_upper'"),
    ] {
        let rendered = render(template, &Variables::new());
        assert_eq!(rendered.text, expected);
    }
}

#[test]
fn an_engine_gets_variables_without_a_value_as_they_are() {
    let filled = fill("'${x} ${day}' {{ y }}", &given());
    assert_eq!(filled.text, "'7 ${day}' {{ y }}");
    let names: Vec<&str> = filled
        .missing
        .iter()
        .map(|missing| missing.name.as_str())
        .collect();
    assert_eq!(names, ["day", "y"]);
    assert_eq!(
        fill("${p}", &variables(&[("p", "/a/${day}")])).text,
        "/a/${day}"
    );
}

#[test]
fn expressions_are_placeholders_with_a_diagnostic() {
    assert_eq!(
        text("SELECT * FROM {{ ref('a b') }} x"),
        "SELECT * FROM ref_a_b x"
    );
    assert_eq!(
        problems("SELECT {{ f(x) | g }}"),
        [(
            "{{ f(x) | g }}".to_owned(),
            "the template expression `{{ f(x) | g }}` is not understood".to_owned()
        )]
    );
    assert_eq!(problems("'{{ macros.ds_add(ds, -1) }}'").len(), 1);
    assert_eq!(problems("SELECT {{ x")[0].1, "`{{` is never closed");
    assert_eq!(
        uncertain("SELECT 1; SELECT {{ x"),
        ["SELECT 1; SELECT {{ x"]
    );
    assert_eq!(
        problems("${a_{{x}}}")[0].1,
        "a template stands in the name of a variable"
    );
}

#[test]
fn circular_values_are_told() {
    let rendered = render("${a}", &variables(&[("a", "${b}"), ("b", "${a}")]));
    assert_eq!(
        rendered.problems[0].message,
        "the value of template variable `a` leads back to `a`"
    );
}

#[test]
fn a_block_makes_the_statements_it_touches_uncertain() {
    for (template, expected) in [
        // Whole statements: those before and after are certain.
        (
            "A; {% if x %} B; C; {% endif %} D;",
            vec!["{% if x %} B; C; {% endif %}"],
        ),
        (
            "A;\n-- {% if x %}\nB;\n-- {% else %}\nC;\n-- {% endif %}\nD;",
            vec!["{% if x %}\nB;\n-- {% else %}\nC;\n-- {% endif %}"],
        ),
        // Parts of statements: up to the semicolons outside.
        (
            "A; B {% if x %}; C{% endif %} D; E",
            vec![" B {% if x %}; C{% endif %} D;"],
        ),
        (
            "A; {% if x %} B; C {% endif %} D; E",
            vec!["{% if x %} B; C {% endif %} D;"],
        ),
        (
            "A; SELECT '{% if x %}b{% endif %}'; C",
            vec![" SELECT '{% if x %}b{% endif %}';"],
        ),
        (
            "A; {% for a in b %}{% if c %}B{% endif %}{% endfor %}",
            vec!["{% for a in b %}{% if c %}B{% endif %}{% endfor %}"],
        ),
        ("A; {% include 'b' %} C; D", vec!["{% include 'b' %} C;"]),
        (
            "{% if x %}{% endif -%} A {% include 'b' %}; B",
            vec!["{% if x %}{% endif -%}", " A {% include 'b' %};"],
        ),
        ("{% set a = 1 %} A; B", vec![]),
        // What follows may be part of a string, or of no statement.
        (
            "A; {% if x %}'{% endif %} B; C",
            vec!["A; {% if x %}'{% endif %} B; C"],
        ),
        ("A; {% if x %} B", vec!["A; {% if x %} B"]),
        ("A; {% endif %} B", vec!["A; {% endif %} B"]),
        ("-- {# a\nB; #}\nC", vec!["-- {# a\nB; #}\nC"]),
    ] {
        assert_eq!(uncertain(template), expected, "{template}");
        assert!(!problems(template).is_empty(), "{template}");
    }
}

fn rendered_files(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let sources = Sources::from_texts(files.iter().copied(), &variables(&[("given", "g")]));
    let texts = sources.iter().map(|source| source.rendered().to_owned());
    let missing = sources.iter().flat_map(Source::missing);
    (
        texts.collect(),
        missing.map(|missing| missing.name.clone()).collect(),
    )
}

#[test]
fn earlier_set_statements_give_values() {
    let (texts, missing) = rendered_files(&[
        (
            "1.sql",
            "SELECT '${day}'; SET day=1; SELECT '${hivevar:day}'; SET day = ${day}2 -- c\n",
        ),
        (
            "2.sql",
            "SELECT ${day}, ${given}; SET given=h; SELECT ${given}, '{{ day }}'",
        ),
        ("3.py", "spark.conf.set('day', '3')"),
        ("4.sql", "SELECT ${day}"),
    ]);
    assert_eq!(
        texts[0],
        "SELECT 'day'; SET day=1; SELECT '1'; SET day = 12 -- c\n"
    );
    assert_eq!(texts[1], "SELECT 12, g; SET given=h; SELECT g, 'day'");
    assert_eq!(missing, ["day", "day", "day"]);
    assert_eq!(
        set_names("SET a=1; SELECT 'SET b=2'; -- SET c=3\nset hivevar:d = 4"),
        ["a", "d"]
    );
}

#[test]
fn what_may_not_run_gives_no_values() {
    let (_, missing) = rendered_files(&[
        (
            "1.sql",
            "SET a=1; {% if x %} SET a=2; {% endif %} SELECT ${a}",
        ),
        ("2.sql", "SET b=1; {% include 'x' %}; SELECT ${b}"),
        ("3.sql", "SET hiveconf:c=1; SELECT ${hiveconf:c}"),
    ]);
    assert_eq!(missing, ["a", "b", "c"]);
}

#[test]
fn an_empty_value_maps_back_to_its_variable() {
    let rendered = render("a${empty}b", &given());
    assert_eq!(rendered.text, "ab");
    assert_eq!(rendered.to_template(0..1), 0..1);
    assert_eq!(rendered.to_template(1..2), 9..10);
}

/// No text of 64 KB, whatever it repeats, takes time that grows with its square. The bound is for hanging, not for speed.
#[test]
#[expect(clippy::disallowed_methods, reason = "the clock that the test holds")]
fn repeated_marks_take_little_time() {
    let marks = [
        "${",
        "{{",
        "{%",
        "{#",
        "{% if",
        "{{ '",
        "'{{ x",
        "'{% if ",
        "-- {# ",
        "/* {{ ",
        "{% if x %}",
        "{% raw %}",
        "${a}",
        "{{ a }}",
        "{{-",
        "' {{' }}",
    ];
    for mark in marks {
        for end in ["", "}}", "%}", "}"] {
            let text = mark.repeat((64 << 10) / mark.len()) + end;
            let start = std::time::Instant::now();
            render(&text, &given());
            let took = start.elapsed();

            assert!(
                took < std::time::Duration::from_secs(10),
                "{mark} {end}: {took:?}"
            );
        }
    }
}

/// Parts that templates are made of; whatever they make together must keep the promises of the map.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "SELECT ", "a", " ", "\n", ";", "'", "\"", "`", "--", "/*", "*/", "ä", ", ", "= ", "(", ")", "{", "}",
            "$", "%", "#", "-", ".", "SET x=5;", "r'",
        ]).prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            "${x}", "${empty}", "${out}", "${nope}", "${nested}", "${hivevar:x}", "${env:NO}", "${other:x}", "{{ ds }}",
            "{{- ds -}}", "{{ no }}", "{{ f('}}') }}", "{# c #}", "{#- c -#}", "{% raw %}", "{% endraw %}", "{%- raw -%}",
            "{% if x %}", "{% else %}", "{% endif -%}", "{% set a = 1 %}", "{% include 'x' %}", "{{", "{%", "{#", "${",
        ]).prop_map(str::to_owned),
    ]
}

fn template() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 0..30).prop_map(|parts| parts.concat())
}

/// Templates in which nothing is missing, and most strings end.
fn understood() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "SELECT ",
        "a",
        " ",
        "\n",
        ";",
        "' '",
        "\"",
        "`b`",
        "-- ",
        "/* */",
        "ä",
        ", ",
        "= ",
        "(",
        ")",
        "-",
        ".",
        "${x}",
        "${empty}",
        "${out}'",
        "${nested}",
        "${hivevar:x}",
        "${other:x}",
        "{{ ds }}",
        "{{- ds -}}",
        "'{{ ds }}'",
        "{# c #}",
        "{#- ; -#}",
        "'{% raw %}{{ q }}${x}{% endraw %}'",
        "{% raw %}a; b{% endraw %}",
        "{%- raw -%} b {%- endraw -%}",
    ]);
    prop::collection::vec(part, 1..20).prop_map(|parts| parts.concat())
}

fn slice<'a>(text: &'a str, range: &Range<u32>) -> &'a str {
    &text[range.start as usize..range.end as usize]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 65_536, ..ProptestConfig::default() })]

    /// Template and rendered text are the same but for the segments, which follow each other in both.
    #[test]
    fn text_outside_segments_is_copied_byte_for_byte(template in template()) {
        let rendered = render(&template, &given());
        let (mut at, mut done) = (0, 0);
        for segment in &rendered.segments {
            prop_assert!(at <= segment.template.start && done <= segment.rendered.start);
            prop_assert_eq!(
                slice(&template, &(at..segment.template.start)),
                slice(&rendered.text, &(done..segment.rendered.start))
            );
            prop_assert!(segment.template.start < segment.template.end);
            (at, done) = (segment.template.end, segment.rendered.end);
        }
        prop_assert_eq!(&template[at as usize..], &rendered.text[done as usize..]);
    }

    /// Every rendered byte maps into the segment it came from, or to the very byte it is a copy of; ranges keep their
    /// order.
    #[test]
    fn every_byte_maps_back_to_where_it_came_from(template in template()) {
        let rendered = render(&template, &given());
        let mut before = 0..0;
        for byte in 0..offset(rendered.text.len()) {
            let range = rendered.to_template(byte..byte + 1);
            let mut segments = rendered.segments.iter();
            if let Some(segment) = segments.find(|segment| segment.rendered.contains(&byte)) {
                prop_assert_eq!(&range, &segment.template);
            } else {
                prop_assert_eq!(range.len(), 1);
                prop_assert_eq!(
                    template.as_bytes()[range.start as usize],
                    rendered.text.as_bytes()[byte as usize]
                );
            }
            prop_assert!(before.start <= range.start && before.end <= range.end);
            before = range;
        }
    }

    /// Uncertain parts are in order, apart from each other and within the text.
    #[test]
    fn uncertain_parts_are_in_order(template in template()) {
        let mut end = 0;
        for part in &render(&template, &given()).uncertain {
            prop_assert!(end <= part.start && part.start <= part.end);
            end = part.end;
        }
        prop_assert!(end as usize <= template.len());
    }

    /// Where nothing is a template, nothing changes.
    #[test]
    fn a_text_without_marks_stays(text in "[a-z0-9 '\";(){}$%#\n-]{0,60}") {
        prop_assume!(!["${", "{{", "{%", "{#"].iter().any(|mark| text.contains(mark)));
        let rendered = render(&text, &given());
        prop_assert_eq!(&rendered.text, &text);
        prop_assert!(rendered.segments.is_empty() && rendered.missing.is_empty());
    }

    /// A piece of a template, cut at tokens of its rendered text, renders to those tokens: it means the same elsewhere.
    #[test]
    fn a_piece_of_a_template_renders_to_its_part(
        template in understood(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()
    ) {
        let rendered = render(&template, &given());
        prop_assume!(rendered.problems.is_empty() && rendered.missing.is_empty());
        let Ok(tokens) = tokens(&rendered.text) else { return Ok(()) };
        prop_assume!(!tokens.is_empty());
        let (from, to) = (from.index(tokens.len()), to.index(tokens.len()));
        let (from, to) = (from.min(to), from.max(to));
        // A value that is several tokens, or a token and part of another, is never cut.
        let range = tokens[from].range.start..tokens[to].range.end;
        let place = rendered.to_template(range.clone());
        let cut = |byte: u32| rendered.segments.iter().any(|segment| {
            segment.rendered.start < byte && byte < segment.rendered.end
        });
        prop_assume!(!cut(range.start) && !cut(range.end));
        let piece = fill(slice(&template, &place), &given());
        prop_assert_eq!(piece.text, slice(&rendered.text, &range));
    }
}
