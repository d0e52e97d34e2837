//! Hostile redirect URIs: each resembles a registered one, and none may be used for a redirect.

use std::collections::BTreeSet;

/// Every hostile URI, once.
pub(super) fn corpus() -> BTreeSet<String> {
    let parts = [
        two_hosts(),
        hosts(),
        ports(),
        schemes(),
        paths(),
        tails(),
        surroundings(),
        queries(),
        loopback_hosts(),
        loopback_rest(),
        private_schemes(),
        long_ones(),
    ];
    let all: Vec<String> = parts.into_iter().flatten().collect();
    let distinct: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(distinct.len(), all.len(), "every URI of the corpus is another one");
    distinct
}

fn owned(uris: &[&str]) -> Vec<String> {
    uris.iter().map(|uri| (*uri).to_owned()).collect()
}

/// Two hosts with something between them, so that parsers disagree on which one counts.
#[rustfmt::skip]
fn two_hosts() -> Vec<String> {
    let between = [
        "@", "%40", "%2540", "@@", ":@", ":443@", ":80@", "\\@", "%5c@", "%5C%40", "/@", "?@", "#@", "%23@",
        "%3f@", ";@", "&@", ",@", " @", "%20@", "\t@", "\n@", "\r@", "\0@", "%00@", "%0a@", "%0d%0a@", "\\",
        "%5c", "\\\\", "\u{ff20}", "\u{fe6b}", "\u{2215}", "\u{ff0f}", "\u{ff3c}", "\u{ff1f}", "\u{ff03}",
        "%ef%bc%a0",
    ];
    let mut uris = Vec::new();
    for between in between {
        uris.push(format!("https://app.example{between}evil.example/callback"));
        uris.push(format!("https://evil.example{between}app.example/callback"));
    }
    for user in ["user", "user:password", "", ":", "app.example", "%61", "a@b"] {
        uris.push(format!("https://{user}@app.example/callback"));
    }
    uris
}

/// Hosts that look, begin or end like the registered one, or that normalisation would turn into it.
#[rustfmt::skip]
fn hosts() -> Vec<String> {
    let hosts = [
        "APP.EXAMPLE", "App.example", "app.example.", "app.example..", ".app.example", "app..example",
        "app.example.evil.example", "app.example-evil.example", "app.exampleevil", "evilapp.example",
        "evil-app.example", "sub.app.example", "www.app.example", "example", "app", "*.example", "app.*", "*",
        "app.example,evil.example", "app.example;evil.example", "app.example!evil", "app.example'evil",
        "app%2eexample", "app%2Eexample", "%61pp.example", "app%252eexample", "app.example%00.evil.example",
        "app.example%23.evil.example", "app.example%2f.evil.example", "app.example%5c.evil.example",
        "app\u{3002}example", "app\u{ff0e}example", "app\u{ff61}example", "ａｐｐ.example", "\u{430}pp.example",
        "app.ex\u{430}mple", "xn--pp-7cd.example", "ap\u{ad}p.example", "ap\u{200b}p.example",
        "ap\u{200d}p.example", "app.example\u{202e}", "app.ex\u{e1}mple", "app.exampl\u{435}",
        "\u{24d0}pp.example", "app.e\u{445}ample", "[::1]", "[::ffff:1.2.3.4]", "[app.example]",
        "[fe80::1%25eth0]", "1.2.3.4", "app.example\u{0}", "app.example\u{7f}",
        "app.example<script>alert(1)</script>", "app_example", "",
    ];
    hosts.iter().map(|host| format!("https://{host}/callback")).collect()
}

#[rustfmt::skip]
fn ports() -> Vec<String> {
    let ports = [
        ":", ":443", ":0443", ":00000443", ":444", ":80", ":8443", ":0", ":-443", ":+443", ":65979",
        ":99999999999", ":443443", ":4 43", ":４４３", ":443:443", ":abc", ":443abc",
        ":%34%34%33", ":443.",
    ];
    ports.iter().map(|port| format!("https://app.example{port}/callback")).collect()
}

#[rustfmt::skip]
fn schemes() -> Vec<String> {
    let rewritten = [
        "http://", "HTTPS://", "Https://", "hTTps://", "https:", "https:/", "https:///", "https:////",
        "https:\\\\", "https:/\\", "https:\\/", "https//", "//", "///", "/\\", "\\\\", "\\/", "", "ftp://",
        "ws://", "wss://", "https ://", "https%3A//", "https:%2f%2f", "https%3a%2f%2f", " https:// ",
        "h\tttps://", "http\ns://", "https\0://", "https+x://", "https.://", "xhttps://",
        "view-source:https://", "blob:https://", "filesystem:https://", "feed:https://", "jar:https://",
        "url:https://", "intent://", "about:", "mailto:", "javascript://", "JAVASCRIPT://", "vbscript://",
        "data://", "file://", "file:///",
    ];
    let mut uris: Vec<String> =
        rewritten.iter().map(|scheme| format!("{scheme}app.example/callback")).collect();
    uris.extend(owned(&[
        "/callback", "callback", "./callback", "../callback", "?code", "#callback", "javascript:alert(1)",
        "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\u{1}javascript:alert(1)",
        " javascript:alert(1)", "javascript\u{a0}:alert(1)", "javascript%3Aalert(1)",
        "javascript:alert(1)//https://app.example/callback", "javascript://app.example/callback%0aalert(1)",
        "data:text/html,<script>alert(1)</script>", "DATA:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)",
        "VbScript:msgbox(1)", "file:///etc/passwd", "File:///etc/passwd", "about:blank", "chrome://settings",
        "mailto:a@app.example", "tel:+123", "x:y", "null", "undefined", "true",
        "%68ttps://app.example/callback",
    ]));
    uris
}

/// Paths that lead upwards, in every spelling that some normalisation understands.
#[rustfmt::skip]
fn paths() -> Vec<String> {
    let steps = [
        "/../", "/..;/", "/..;x/", "/%2e%2e/", "/%2E%2E/", "/.%2e/", "/%2e./", "/%252e%252e/",
        "/%25252e%25252e/", "/..%2f", "/..%252f", "/..%5c", "/..\\", "\\..\\", "/./", "/.;/", "/%2e/", "//",
        "///", "/;/", "/%2f", "/%00/", "/..%00/", "/%c0%ae%c0%ae/", "/%u002e%u002e/", "/\u{ff0e}\u{ff0e}/",
        "/\u{2025}/", "/.../", "/\\",
    ];
    let mut uris = Vec::new();
    for step in steps {
        uris.push(format!("https://app.example/callback{step}evil"));
        uris.push(format!("https://app.example{step}callback"));
    }
    uris.extend(owned(&[
        "https://app.example/Callback", "https://app.example/CALLBACK", "https://app.example/callbac",
        "https://app.example/%63allback", "https://app.example/callbac%6b", "https://app.example/callbac%256b",
        "https://app.example/", "https://app.example", "https://app.example/other",
        "https://app.example/evil/callback", "https://app.example/c\u{430}llback",
        "https://app.example/return", "https://app.example/callback/callback",
    ]));
    uris
}

/// Something appended to the registered URI.
#[rustfmt::skip]
fn tails() -> Vec<String> {
    let tails = [
        "/", "//", "/.", "/..", "?", "??", "?x=1", "?code=stolen", "?state=x&iss=https://evil.example", "&x=1",
        ";", ";x=1", ";jsessionid=1", ".", "..", ".evil", "%", "%2", "%zz", "%2f", "%2e", "%3f", "%3fx=1",
        "%23", "%26x=1", "\\", "*", "x", "1", "-", "#", "##", "#x", "#code=stolen", "#@evil.example",
        "#/../evil", "/#", "?#", "%00", "%0a", "%0d%0aLocation:%20https://evil.example", "%20", "+",
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)", "{{7*7}}",
        "${7*7}", "<%= 7*7 %>", "|", "^", "`", "\u{e4}", "\u{1f600}",
    ];
    tails.iter().map(|tail| format!("https://app.example/callback{tail}")).collect()
}

/// Characters that some parsers drop or trim: before, after and inside.
#[rustfmt::skip]
fn surroundings() -> Vec<String> {
    let dropped = [
        " ", "\t", "\n", "\r", "\r\n", "\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{1f}", "\u{7f}",
        "\u{85}", "\u{a0}", "\u{ad}", "\u{200b}", "\u{200e}", "\u{2028}", "\u{202e}", "\u{3000}", "\u{feff}",
        "\u{fffd}",
    ];
    let mut uris = Vec::new();
    for dropped in dropped {
        uris.push(format!("{dropped}https://app.example/callback"));
        uris.push(format!("https://app.example/callback{dropped}"));
        uris.push(format!("https://app.example/call{dropped}back"));
        uris.push(format!("https://app.{dropped}example/callback"));
    }
    for quote in ["\"", "'", "<", ">", "("] {
        uris.push(format!("{quote}https://app.example/callback{quote}"));
    }
    uris.extend(owned(&[
        "https://app.example/callback https://evil.example/",
        "https://app.example/callback,https://evil.example/",
        "https://app.example/callback|https://evil.example/",
        "https://evil.example/?https://app.example/callback",
        "https://evil.example/#https://app.example/callback",
        "https://evil.example/https://app.example/callback",
    ]));
    uris
}

/// Variants of the URI that is registered with a query: the query counts byte for byte as well.
#[rustfmt::skip]
fn queries() -> Vec<String> {
    let queries = [
        "?", "?tenant", "?tenant=", "?tenant=2", "?tenant=01", "?tenant=%31", "?tenant=1%20", "?tenant=+1",
        "?Tenant=1", "?TENANT=1", "?%74enant=1", "?tenant=1&", "?&tenant=1", "?tenant=1&tenant=1",
        "?tenant=1&tenant=2", "?tenant=2&tenant=1", "?tenant=1&x=1", "?x=1&tenant=1", "?tenant=1;x=1",
        "?tenant=1&code=stolen", "?tenant=1&state=x", "?tenant[]=1", "?tenant=1?", "??tenant=1", "?tenant=1#",
        "?tenant=1#x", "?tenant=1%23", "?tenant=1%26x=1", "?tenant=1\\", "?tenant=1\n", "?tenant==1",
        "#?tenant=1", "%3ftenant=1", ";?tenant=1", "/?tenant=1",
    ];
    queries.iter().map(|query| format!("https://app.example/return{query}")).collect()
}

/// Names and spellings of this machine, and hosts that look like it; only the registered one counts.
#[rustfmt::skip]
fn loopback_hosts() -> Vec<String> {
    let hosts = [
        "127.1", "127.0.1", "127.0.0.2", "127.127.127.127", "2130706433", "017700000001", "0x7f000001",
        "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", "127.0.0.1.evil.example",
        "127.0.0.1.nip.io", "127.0.0.1-evil.example", "localhost", "LOCALHOST", "localhost.",
        "localhost.evil.example", "localhost.localdomain", "0.0.0.0", "0", "[::]", "[::2]",
        "[0:0:0:0:0:0:0:1]", "[0::1]", "[::0001]", "[::1%25lo]", "[::1%lo]", "[::1%251]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1", "::1", "[::1].evil.example", "①②⑦.⓪.⓪.①", "１２７.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1", "127.0.0.1\\.evil.example", "127.0.0.1%00.evil.example",
        "127.0.0.1%2eevil.example", "127.0.0.1@evil.example", "127.0.0.1:80@evil.example",
        "evil.example@127.0.0.1", "evil.example#127.0.0.1", "user@127.0.0.1", "user@[::1]", "evil.example",
    ];
    let mut uris = Vec::new();
    for host in hosts {
        uris.push(format!("http://{host}/cb?x=1"));
        uris.push(format!("http://{host}:51004/cb?x=1"));
    }
    uris
}

/// The registered loopback host, with a change in a part other than the port.
#[rustfmt::skip]
fn loopback_rest() -> Vec<String> {
    let mut uris = Vec::new();
    for host in ["127.0.0.1", "[::1]"] {
        let rests = [
            ":/cb?x=1", ":0/cb?x=1", ":00/cb?x=1", ":080/cb?x=1", ":65536/cb?x=1", ":99999999999/cb?x=1",
            ":80a/cb?x=1", ":a/cb?x=1", ":-1/cb?x=1", ":+80/cb?x=1", ":51004:51004/cb?x=1",
            ":51004@evil.example/cb?x=1", ":51004.evil.example/cb?x=1", ":51004\\cb?x=1", ":５１/cb?x=1",
            ": 80/cb?x=1", ":51004/cb", ":51004/cb?", ":51004/cb?x=2", ":51004/cb?x=1&y=2",
            ":51004/cb?y=2&x=1", ":51004/cb?x=1&x=1", ":51004/cb?x=1#", ":51004/cb?x=1#f", ":51004/cb/?x=1",
            ":51004/CB?x=1", ":51004//cb?x=1", ":51004/../cb?x=1", ":51004/%2e%2e/cb?x=1", ":51004/cb;?x=1",
            ":51004/cb%3fx=1", ":51004?x=1", ":51004", "/cb", "/cb?x=1&", "/CB?x=1", "/cb?x=1#", " /cb?x=1",
        ];
        uris.extend(rests.iter().map(|rest| format!("http://{host}{rest}")));
        uris.push(format!("https://{host}:51004/cb?x=1"));
        uris.push(format!("HTTP://{host}:51004/cb?x=1"));
        uris.push(format!("http:/{host}:51004/cb?x=1"));
        uris.push(format!("http:\\\\{host}:51004/cb?x=1"));
    }
    uris
}

#[rustfmt::skip]
fn private_schemes() -> Vec<String> {
    owned(&[
        "com.example.app:cb", "com.example.app://cb", "com.example.app:///cb", "com.example.app:/",
        "com.example.app:", "com.example.app", "com.example.app:/cb/", "com.example.app:/cb?x=1",
        "com.example.app:/cb?", "com.example.app:/cb#", "com.example.app:/cb#f", "com.example.app:/CB",
        "com.example.app:/%63b", "com.example.app:/../cb", "com.example.app:/./cb", "com.example.app:\\cb",
        "com.example.app://evil.example/cb", "com.example.app:/cb ", " com.example.app:/cb",
        "COM.EXAMPLE.APP:/cb", "Com.example.app:/cb", "com.example.app.evil:/cb", "com.example:/cb",
        "com.example.ap:/cb", "com.example.app2:/cb", "com:/cb", "com.example.app%3A/cb",
        "com.example.app:/cb\0", "com.example.app:/cb\n", "com.ex\tample.app:/cb", "com.ex\u{430}mple.app:/cb",
        "com.example.app:javascript:alert(1)", "javascript:com.example.app:/cb",
    ])
}

fn long_ones() -> Vec<String> {
    vec![
        format!("https://app.example/callback{}", "/".repeat(2100)),
        format!("https://app.example/callback?{}", "x".repeat(8000)),
        format!("https://app.example/callback{}", "/..".repeat(2000)),
        format!("https://{}@app.example/callback", "a".repeat(4000)),
        format!("https://{}app.example/callback", "a.".repeat(2000)),
        format!("https://app.example/callback{}", "<".repeat(3000)),
        format!("https://app.example/callback{}", "x".repeat(20_000)),
    ]
}
