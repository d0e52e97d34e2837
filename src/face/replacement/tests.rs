use super::*;

fn ours(name: &str) -> String {
    TEMPLATES.iter().find(|(other, _)| *other == name).unwrap().1.to_owned()
}

fn found_in(name: &str, text: String) -> Vec<String> {
    let wrong = check(&[Replacement { name: name.to_owned(), text }]).unwrap();
    wrong.iter().map(WrongTemplate::to_string).collect()
}

/// What is found in our own template after a change.
fn changed(name: &str, from: &str, to: &str) -> String {
    let text = ours(name);
    assert!(text.contains(from), "{name} has {from}");
    let found = found_in(name, text.replace(from, to));
    let [sentence] = found.as_slice() else { panic!("{name} without {from}: {found:?}") };
    assert!(sentence.starts_with(&format!("the template {name} cannot be used: ")), "{sentence}");
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    sentence.clone()
}

#[test]
fn our_own_templates_can_replace_themselves() {
    let all: Vec<_> = REPLACEABLE.iter().map(|name| start(name).unwrap()).collect();
    assert_eq!(check(&all).unwrap(), []);
    assert!(all.iter().all(|one| one.text.starts_with("{#- grantor template, version 1: ")));
    assert_eq!(start("reason.html"), None);
}

#[test]
fn a_page_may_look_entirely_different() {
    let text = "{% extends \"layout.html\" %}{% block content %}<h1>{{ t(\"device-heading\") }}</h1>\
        <FORM METHOD=POST action='{{ issuer }}/device'><input type=hidden value='{{ form_token }}' name=form_token>\
        <textarea name=user_code>{{ code }}</textarea><input type=submit></FORM>{% endblock %}";
    assert_eq!(found_in("device.html", text.to_owned()), Vec::<String>::new());
}

#[test]
fn a_template_without_what_its_form_needs_is_refused_by_name() {
    let token = "<input type=\"hidden\" name=\"form_token\" value=\"{{ form_token }}\">";
    for (name, from, to, why) in [
        ("sign_in.html", token, "", "the hidden field form_token with its value"),
        (
            "sign_in.html",
            "value=\"{{ form_token }}\"",
            "value=\"\"",
            "the hidden field form_token with its value",
        ),
        ("sign_up.html", token, "", "the hidden field form_token"),
        ("consent.html", token, "", "the hidden field form_token"),
        ("choose_account.html", token, "", "the hidden field form_token"),
        ("device.html", token, "", "the hidden field form_token"),
        ("logout.html", token, "", "the hidden field form_token"),
        ("set_password.html", token, "", "the hidden field form_token"),
        (
            "sign_in.html",
            "name=\"password\" type=\"password\"",
            "name=\"password\" type=\"text\"",
            "the password field password",
        ),
        ("sign_in.html", "name=\"username\"", "name=\"user\"", "the field username"),
        ("sign_in.html", "name=\"stay\"", "disabled name=\"stay\"", "the check box stay with the value 1"),
        ("sign_in.html", "name=\"cancel\" value=\"1\"", "", "the button cancel with the value 1"),
        ("sign_in.html", "method=\"post\"", "method=\"get\"", "the form with method post"),
        ("sign_in.html", "{{ action }}", "https://other.example/", "the form with method post"),
        (
            "consent.html",
            "name=\"deny\" value=\"1\"",
            "name=\"allow\" value=\"1\"",
            "the button deny with the value 1",
        ),
        ("set_password.html", "name=\"repeated\"", "", "the password field repeated"),
        ("logout.html", "name=\"state\" value=\"{{ state }}\"", "", "the hidden field state"),
        ("signing_out.html", "src=\"{{ frame }}\"", "", "the frame https://calendar.example/out"),
        ("form_post.html", "{{ field.value }}", "x", "the hidden field code with its value"),
        ("form_post.html", "type=\"submit\"", "type=\"button\"", "a button without a name"),
        ("layout.html", "{% block content %}{% endblock %}", "", "the form with method post"),
        ("parts.html", "{% macro account(account) %}", "{% macro account(account) %}</form>", "the button"),
    ] {
        let sentence = changed(name, from, to);
        assert!(sentence.contains("it lacks ") && sentence.contains(why), "{name} {from}: {sentence}");
        assert!(sentence.contains("in the state "), "{sentence}");
    }
}

#[test]
fn a_template_that_uses_something_unknown_is_refused_by_name() {
    let start = "{% block content %}";
    for (name, from, to, why) in [
        (
            "home.html",
            start,
            "{% block content %}{{ members }}",
            "it uses members, which this page does not have",
        ),
        (
            "home.html",
            start,
            "{% block content %}{% if not issuer %}{{ members }}{% endif %}",
            "it uses members",
        ),
        ("sign_in.html", "{{ username }}", "{{ password }}", "it uses password"),
        ("home.html", start, "{% block content %}{{ accounts[0].nickname }}", "undefined value"),
        ("home.html", start, "{% block content %}{% include \"other.html\" %}", "other.html"),
        ("home.html", "\"layout.html\"", "\"base.html\"", "base.html"),
        ("home.html", start, "{% block content %}{{ issuer|shout }}", "unknown filter"),
        ("home.html", start, "{% block content %}{{ t(\"no-such-text\") }}", "there is no text no-such-text"),
        ("home.html", start, "{% block content %}{% if %}", "line 4: syntax error"),
        ("home.html", "{% endblock %}", "", "syntax error"),
    ] {
        let sentence = changed(name, from, to);
        assert!(sentence.contains(why), "{name} {to}: {sentence}");
    }
}

#[test]
fn a_template_of_another_version_is_refused() {
    let ours_exported = start("home.html").unwrap();
    let other = ours_exported.text.replace("version 1:", "version 2:");
    assert_eq!(
        found_in("home.html", other),
        [
            "the template home.html cannot be used: it is for version 2 of the templates, and this is version 1; \
          docs/theming.md says what has changed"
        ]
    );
    assert!(found_in("home.html", ours("home.html")).is_empty(), "without a version it is for this one");
}

#[test]
fn each_wrong_template_is_found_once() {
    let broken = |name: &str| Replacement { name: name.to_owned(), text: "<p>".to_owned() };
    let found = check(&[broken("consent.html"), broken("sign_in.html"), broken("home.html")]);
    let names: Vec<_> = found.unwrap().into_iter().map(|wrong| wrong.name).collect();
    assert_eq!(names, ["consent.html", "sign_in.html"]);
}

#[test]
fn a_folder_is_read_by_the_names_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("home.html", b"home");
    write("error.html", b"error");
    write("notes.txt", b"\xff");
    let found = read(folder.path()).unwrap();
    assert_eq!(found.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["error", "home"]);
    write("welcome.html", b"");
    let why = read(folder.path()).unwrap_err().to_string();
    assert!(
        why.starts_with("the template welcome.html cannot be used: only these can be replaced: layout"),
        "{why}"
    );
    std::fs::remove_file(folder.path().join("welcome.html")).unwrap();
    let size = usize::try_from(MAX_BYTES).unwrap();
    write("home.html", "x".repeat(size).as_bytes());
    assert!(read(folder.path()).is_ok());
    write("home.html", "x".repeat(size + 1).as_bytes());
    let why = read(folder.path()).unwrap_err().to_string();
    assert!(why.ends_with("is larger than 65536 bytes"), "{why}");
    assert!(read(&folder.path().join("absent")).is_err());
}

#[test]
fn the_documentation_names_every_template_with_every_field() {
    let book = include_str!("../../../docs/theming.md");
    assert!(book.contains(&format!("## Version {VERSION}\n")));
    let section = |name: &str| {
        let (_, rest) = book.split_once(&format!("### {name}\n")).unwrap_or_else(|| panic!("{name}"));
        rest.split("\n### ").next().unwrap()
    };
    for name in REPLACEABLE {
        assert!(!section(name).trim().is_empty(), "{name}");
    }
    for state in preview::all("https://id.example.com") {
        for field in fields(&state) {
            let text = section(state.view.template());
            assert!(text.contains(&format!("`{field}`")), "{} has no {field}", state.view.template());
        }
    }
    for name in OF_EVERY_PAGE {
        assert!(book.contains(&format!("`{name}`")), "{name}");
    }
}
