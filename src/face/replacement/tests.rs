use super::*;

fn ours(name: &str) -> String {
    PAGES.iter().find(|(other, _)| *other == name).unwrap().1.to_owned()
}

fn found_in(name: &str, text: String) -> Vec<String> {
    let wrong = check(&[Replacement { name: name.to_owned(), text }], &MessageOverrides::default()).unwrap();
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
    let all: Vec<_> = replaceable().iter().map(|name| start(name).unwrap()).collect();
    assert_eq!(check(&all, &MessageOverrides::default()).unwrap(), []);
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
fn a_form_of_ours_sends_what_ours_sends_and_nothing_else() {
    let token = "<input type=\"hidden\" name=\"form_token\" value=\"{{ form_token }}\">";
    let sign_in = "<button id=\"sign-in\"";
    let form = "<form method=\"post\"";
    for (name, from, to, why) in [
        (
            "sign_in.html",
            sign_in,
            "<button formaction=\"{{ issuer }}/logout\"",
            "it has a <button> with formaction",
        ),
        ("sign_in.html", sign_in, "<button formmethod=get", "it has a <button> with formmethod"),
        ("sign_in.html", sign_in, "<button formenctype=text/plain", "it has a <button> with formenctype"),
        ("sign_in.html", sign_in, "<button formtarget=_blank", "it has a <button> with formtarget"),
        ("sign_in.html", sign_in, "<button FORM=other", "it has a <button> with form,"),
        ("sign_in.html", "name=\"username\"", "name=\"username\" dirname=x", "it has a <input> with dirname"),
        ("sign_in.html", form, "<form enctype=text/plain method=\"post\"", "it has a <form> with enctype"),
        ("sign_in.html", form, "<form target=_blank method=\"post\"", "it has a <form> with target"),
        (
            "sign_in.html",
            token,
            &token.repeat(2),
            "it has the hidden field form_token with its value in its form",
        ),
        (
            "sign_in.html",
            token,
            &format!("{token}<input type=hidden name=cancel value=1>"),
            "it has the hidden field cancel",
        ),
        (
            "sign_in.html",
            token,
            &format!("{token}<button name=cancel value=1>x</button>"),
            "it has the button cancel",
        ),
        ("sign_in.html", token, &format!("{token}<input name=nickname>"), "it has the field nickname"),
        ("sign_in.html", token, &format!("{token}<input type=file name=x>"), "it has the file field x"),
        (
            "consent.html",
            token,
            &format!("{token}<input type=hidden name=allow value=1>"),
            "it has the hidden field allow",
        ),
        (
            "consent.html",
            "<input type=\"checkbox\"",
            "<input type=hidden name=scope value=\"{{ item.name }}\"><input type=\"checkbox\"",
            "it has the hidden field scope",
        ),
        ("consent.html", "type=\"checkbox\"", "type=\"radio\"", "it lacks the check box"),
        ("sign_in.html", token, &format!("{token}<fieldset disabled>"), "it lacks the field username"),
        ("sign_in.html", "name=\"username\"", "disabled name=\"username\"", "it lacks the field username"),
    ] {
        let sentence = changed(name, from, to);
        assert!(sentence.contains(why), "{name} {to}: {sentence}");
    }
}

#[test]
fn a_consent_page_shows_everything_that_the_person_allows() {
    for from in ["{{ members(detail) }}</details>", "<dd>{{ value(member.value, member.meaning) }}</dd>"] {
        let sentence = changed("consent.html", from, "");
        assert!(sentence.contains("it does not show") && sentence.contains("details"), "{sentence}");
    }
}

#[test]
fn what_sends_nothing_may_be_added_to_a_form() {
    let token = "<input type=\"hidden\" name=\"form_token\" value=\"{{ form_token }}\">";
    for harmless in [
        "<fieldset disabled></fieldset>",
        "<fieldset></fieldset>",
        "<input disabled name=x>",
        "<button type=button name=x>Help</button>",
        "<input type=submit>",
        "<p><select></select>",
    ] {
        let text = ours("sign_in.html").replace(token, &format!("{token}{harmless}"));
        assert_eq!(found_in("sign_in.html", text), Vec::<String>::new(), "{harmless}");
    }
}

#[test]
fn a_form_in_an_element_that_does_not_show_it_is_not_there() {
    let (start, end) = ("<form method=\"post\"", "</form>");
    for container in ["textarea", "script", "style", "title", "iframe", "xmp", "noembed"] {
        let text = ours("sign_in.html");
        let text = text
            .replace(start, &format!("<{container}>{start}"))
            .replace(end, &format!("</form></{container}>"));
        let found = found_in("sign_in.html", text);
        let [sentence] = found.as_slice() else { panic!("{container}: {found:?}") };
        assert!(sentence.contains("it lacks the form with method post"), "{container}: {sentence}");
    }
    for container in ["template", "noscript", "svg", "math", "datalist", "video", "object", "noframes"] {
        let text = ours("sign_in.html");
        let text = text
            .replace(start, &format!("<{container}>{start}"))
            .replace(end, &format!("</form></{container}>"));
        let found = found_in("sign_in.html", text);
        let [sentence] = found.as_slice() else { panic!("{container}: {found:?}") };
        assert!(sentence.contains(&format!("it has a form or a field in a <{container}>")), "{sentence}");
    }
    let token = "<input type=\"hidden\" name=\"form_token\" value=\"{{ form_token }}\">";
    for hidden in [
        "<noscript><input type=hidden name=cancel value=1></noscript>",
        "<svg><style></svg><input type=hidden name=cancel value=1><!--</style>--></svg>",
        "<template><p></template><video><input name=cancel></video>",
    ] {
        let sentence = changed("sign_in.html", token, &format!("{token}{hidden}"));
        assert!(sentence.contains("it has a form or a field in a <"), "{hidden}: {sentence}");
    }
    for harmless in [
        "<noscript>Hello <b>you</b></noscript>",
        "<svg><title>x</title></svg>",
        "<svg/>",
        "<template></template>",
    ] {
        let text = ours("sign_in.html").replace(token, &format!("{harmless}{token}{harmless}"));
        assert_eq!(found_in("sign_in.html", text), Vec::<String>::new(), "{harmless}");
    }
}

#[test]
fn forms_that_an_operator_adds_stay_on_the_server() {
    let added = |form: &str| changed("sign_in.html", "{{ parts.picture(application) }}", form);
    for action in [
        "https://other.example/",
        "//other.example/",
        "/\\other.example",
        "/\t/other.example",
        "",
        "javascript:x",
        "http://id.example.com/",
    ] {
        let sentence = added(&format!("<form method=post action=\"{action}\"><input name=x></form>"));
        assert!(sentence.contains("which is not an address of this server"), "{action}: {sentence}");
    }
    for form in [
        "<form action=\"{{ action }}\"></form>",
        "<form method=post action=\"/sign-in?x\"></form>",
        "<form method=post action=\"HTTPS://ID.example.com/x/../sign-in\"></form>",
    ] {
        assert!(added(form).contains("it has another form with the address of ours"), "{form}");
    }
    let second = "<form method=post action=\"{{ action }}\"></form>";
    assert!(added(second).contains("it lacks the hidden field form_token"));
    assert!(
        added("<form action=\"/x\"><button formaction=\"//other.example/\"></form>")
            .contains("with formaction")
    );
    for form in [
        "<form action=\"{{ issuer }}/search\"><input name=q><input type=hidden name=x></form>",
        "<form method=post action=\"/language\"><select name=language></select></form>",
        "<form method=dialog><button>Close</button></form>",
    ] {
        let text = ours("sign_in.html").replace("{{ parts.picture(application) }}", form);
        assert_eq!(found_in("sign_in.html", text), Vec::<String>::new(), "{form}");
    }
}

#[test]
fn the_script_of_a_page_is_there_unchanged_and_alone() {
    let script = "<script>{{ script|safe }}</script>";
    for (to, why) in [
        ("", "it lacks the script of the page"),
        ("<script>{{ script }}</script>", "it lacks the script of the page"),
        ("<script> {{ script|safe }}</script>", "it lacks the script of the page"),
        ("<!-- <script>{{ script|safe }}</script> -->", "it lacks the script of the page"),
        ("<script>{{ script|safe }}</script><script>alert(1)</script>", "it has a script that is not ours"),
        ("<script type=text/plain>{{ script|safe }}</script>", "it has a <script> that does not run"),
        ("<script src=\"/x.js\"></script>", "it has a <script> that does not run"),
        ("<template><script>{{ script|safe }}</script></template>", "it has a <script> that does not run"),
    ] {
        let sentence = changed("layout.html", script, to);
        assert!(sentence.contains(why), "{to}: {sentence}");
    }
    let text = ours("layout.html").replace("<script>{{", "<script id=\"ours\">{{");
    assert_eq!(found_in("layout.html", text), Vec::<String>::new());
}

#[test]
fn every_language_and_both_kinds_of_pages_are_checked() {
    let start = "{% block content %}";
    for language in Language::ALL {
        let tag = language.tag();
        let to = format!("{start}{{% if lang == \"{tag}\" %}}{{{{ t(\"nosuch\") }}}}{{% endif %}}");
        let sentence = changed("sign_in.html", start, &to);
        let why = format!(
            "in the state sign_in/plain in {tag}, line 4: invalid operation: there is no text nosuch"
        );
        assert!(sentence.ends_with(&why), "{sentence}");
    }
    for condition in ["lang == \"de\"", "lang == \"ja\" and problem", "here", "not here"] {
        let to = format!("{{% if {condition} %}}<p>no</p>{{% else %}}<form method=\"post\"");
        let text = ours("sign_in.html")
            .replace("<form method=\"post\"", &to)
            .replace("</form>", "</form>{% endif %}");
        let found = found_in("sign_in.html", text);
        let [sentence] = found.as_slice() else { panic!("{condition}: {found:?}") };
        assert!(sentence.contains("it lacks the form with method post"), "{sentence}");
    }
}

#[test]
fn templates_are_checked_with_the_texts_of_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("de.ftl"), "sign-in-button = Los\n").unwrap();
    let messages = MessageOverrides::read("brand.messages", folder.path()).unwrap();
    let needs = "{% if lang == \"de\" and t(\"sign-in-button\") == \"Los\" %}{{ t(\"nosuch\") }}{% endif %}";
    let text = ours("sign_in.html").replace("{% block content %}", &format!("{{% block content %}}{needs}"));
    let one = Replacement { name: "sign_in.html".into(), text };
    assert_eq!(check(std::slice::from_ref(&one), &MessageOverrides::default()).unwrap(), []);
    let found = check(&[one], &messages).unwrap();
    assert!(found[0].why.contains("there is no text nosuch"), "{found:?}");
}

#[test]
fn a_template_that_does_not_end_is_refused() {
    let start = "{% block content %}";
    for endless in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{{ \"x\" * 10000 }}{% endfor %}",
        "{% set x = \"x\" * 1000000000 %}{{ x }}",
    ] {
        let sentence = changed("sign_in.html", start, &format!("{start}{endless}"));
        assert!(sentence.contains("the page needs more than 160000 steps"), "{endless}: {sentence}");
    }
    let itself = "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}";
    assert!(changed("sign_in.html", start, &format!("{start}{itself}")).contains("in the state "));
    for nested in ["{% if x %}", "{{ (", "{{ [", "{{ not ", "{{ - "] {
        let sentence = changed("sign_in.html", start, &format!("{start}{}", nested.repeat(5000)));
        assert!(sentence.contains("line 4: syntax error"), "{nested}: {sentence}");
    }
}

#[test]
fn a_page_of_ours_takes_a_twentieth_of_what_a_page_may_take() {
    let ours = OperatorTheme::unchanged(ISSUER);
    let assets = Assets::new(&ours.brand);
    let longest = |fuel| {
        let templates = Templates::new(ISSUER, &assets, &ours).unwrap().with_fuel(fuel);
        let render = |state: &PageState, language| {
            templates.render(Reader { language, here: Some("/") }, state.view.as_ref()).is_ok()
        };
        preview::all(ISSUER)
            .iter()
            .all(|state| Language::ALL.into_iter().all(|language| render(state, language)))
    };
    assert!(longest(FUEL / 20));
    assert!(!longest(FUEL / 200), "it is a limit");
}

#[test]
fn our_pages_have_the_same_forms_in_every_language() {
    let ours = OperatorTheme::unchanged(ISSUER);
    let templates = Templates::new(ISSUER, &Assets::new(&ours.brand), &ours).unwrap();
    for state in preview::all(ISSUER) {
        let forms = Language::ALL.map(|language| {
            page_reader::read(
                &templates.render(Reader { language, here: None }, state.view.as_ref()).unwrap(),
            )
        });
        assert!(forms.iter().all(|other| *other == forms[0]), "{}/{}", state.page, state.name);
        assert!(forms[0].flaws.is_empty(), "{:?}", forms[0].flaws);
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
    let three = [broken("consent.html"), broken("sign_in.html"), broken("home.html")];
    let found = check(&three, &MessageOverrides::default());
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
    for name in replaceable() {
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
