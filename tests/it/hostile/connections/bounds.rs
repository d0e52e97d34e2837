//! How many connections there may be, and which one is closed for a new one.

use super::{Link, Listener, Target, answers, until_closed};

const HEAD: &str = "GET /healthz HTTP/1.1\r\nHost: ";

/// The connections of this test's own clients, each idle after an answer.
async fn idle(target: &Target, from: &[u8]) -> Vec<Box<dyn Link>> {
    let mut links = Vec::new();
    for last_byte in from {
        let mut link = target.connect_from(*last_byte).await;
        assert!(answers(&mut *link, &target.get()));
        links.push(link);
    }
    links
}

/// Connections with an unfinished request. `probe` has a connection of its own, and is answered after each of them, so the
/// only worker has seen them in this order.
async fn busy(target: &Target, from: &[u8], probe: &mut dyn Link) -> Vec<Box<dyn Link>> {
    let mut links = Vec::new();
    for last_byte in from {
        let mut link = target.connect_from(*last_byte).await;
        link.write_all(HEAD.as_bytes()).unwrap();
        // Busy times are counted in milliseconds.
        let began = std::time::Instant::now();
        while began.elapsed().as_millis() < 5 {
            assert!(answers(probe, &target.get()));
        }
        links.push(link);
    }
    links
}

/// Whether a connection with an unfinished request is answered when the request ends.
fn finishes(link: &mut dyn Link) -> bool {
    answers(link, "x\r\n\r\n")
}

#[tokio::test]
async fn as_many_connections_as_configured_fit_and_the_longest_idle_one_gives_way() {
    for listener in [Listener::Plain, Listener::Tls] {
        let target = Target::start(listener, &[("http.connections", "3")]).await;
        let mut links = idle(&target, &[1, 1, 1]).await;
        for link in &mut links {
            assert!(answers(&mut **link, &target.get()), "{listener:?}: three fit");
        }
        // The first is now the one that was used last.
        assert!(answers(&mut *links[0], &target.get()));
        let mut fourth = target.connect();
        assert!(answers(&mut *fourth, &target.get()), "{listener:?}: a fourth gets in");
        let (came, _) = until_closed(&mut *links[1], "the longest idle one");
        assert_eq!(came, "");
        for index in [0, 2] {
            assert!(answers(&mut *links[index], &target.get()), "{listener:?}: {index} stays");
        }
        // A seat that its client gives back is free again.
        drop(links.remove(0));
        drop(fourth);
        assert!(answers(&mut *links[1], &target.get()));
    }
}

#[tokio::test]
async fn the_metrics_have_a_bound_of_their_own() {
    let target = Target::start(Listener::Metrics, &[("http.connections", "1")]).await;
    let mut links = idle(&target, &[1; 65]).await;
    until_closed(&mut *links[0], "the first of 65");
    for link in &mut links[1..] {
        assert!(answers(&mut **link, &target.get()));
    }
}

#[tokio::test]
async fn when_none_is_idle_the_network_that_holds_most_gives_way() {
    let target = Target::start(Listener::Plain, &[("http.connections", "4")]).await;
    let mut probe = target.connect_from(1).await;
    let mut held = busy(&target, &[2, 3, 3], &mut *probe).await;
    probe.write_all(HEAD.as_bytes()).unwrap();
    let mut new = target.connect_from(4).await;
    assert!(answers(&mut *new, &target.get()));
    until_closed(&mut *held[1], "the longest of the network that holds two");
    for index in [0, 2] {
        assert!(finishes(&mut *held[index]), "{index} stays");
    }
    assert!(finishes(&mut *probe));
}

#[tokio::test]
async fn a_network_beyond_its_bound_gives_way_to_itself() {
    let options = [("http.connections", "10"), ("http.connections_per_network", "2")];
    let target = Target::start(Listener::Plain, &options).await;
    let mut other = idle(&target, &[1]).await;
    let mut links = idle(&target, &[2, 2]).await;
    for link in &mut links {
        assert!(answers(&mut **link, &target.get()), "two fit");
    }
    let mut third = target.connect_from(2).await;
    assert!(answers(&mut *third, &target.get()), "a third gets in");
    until_closed(&mut *links[0], "the longest idle one of the network");
    assert!(answers(&mut *links[1], &target.get()) && answers(&mut *other[0], &target.get()));
    drop((links, third));

    let mut held = busy(&target, &[3, 3], &mut *other[0]).await;
    let mut third = target.connect_from(3).await;
    assert!(answers(&mut *third, &target.get()));
    until_closed(&mut *held[0], "the longest busy one of the network");
    assert!(finishes(&mut *held[1]));
}

#[tokio::test]
async fn a_trusted_proxy_has_no_bound_of_a_network() {
    let options = [("http.connections_per_network", "2"), ("http.trusted_proxies", "127.0.0.2")];
    let target = Target::start(Listener::Plain, &options).await;
    let mut links = idle(&target, &[2; 8]).await;
    for link in &mut links {
        assert!(answers(&mut **link, &target.get()));
    }
}
