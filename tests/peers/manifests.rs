//! The manifests of deploy/: valid, and true of each other. A Service that selects no pod, a route to a port that nobody has
//! and a grace that is shorter than the drain are all valid.

use crate::common::peer::Peer;
use crate::lab::deploy;
use crate::nginx::folder;
use crate::run::to_end;
use crate::server::Server;
use crate::tools::{program, python};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

const FOLDERS: [&str; 4] = ["kubernetes", "istio", "gateway-api", "knative"];

/// A document of a file, and what the checker says of it.
struct Document {
    file: String,
    problems: Vec<String>,
    value: Value,
}

/// A document by its folder and kind; of several the first.
struct Manifests(Vec<Document>);

impl Manifests {
    fn read() -> Manifests {
        let files = FOLDERS.iter().flat_map(|folder| fs::read_dir(deploy().join(folder)).expect("a folder").flatten());
        let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
        files.sort();
        Manifests(checked(&files, &[]))
    }

    fn of(&self, folder: &str, kind: &str) -> &Value {
        self.named(folder, kind, None)
    }

    fn named(&self, folder: &str, kind: &str, name: Option<&str>) -> &Value {
        let is_it = |document: &&Document| {
            document.file.contains(&format!("/{folder}/"))
                && document.value["kind"] == kind
                && name.is_none_or(|name| document.value["metadata"]["name"] == name)
        };
        let found = self.0.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name:?} in {folder}"));
        &found.value
    }

    /// The pods' template of the Deployment.
    fn template(&self) -> &Value {
        &self.named("kubernetes", "Deployment", Some("ws101"))["spec"]["template"]
    }

    fn container(&self) -> &Value {
        &self.template()["spec"]["containers"][0]
    }
}

fn checked(files: &[PathBuf], options: &[&str]) -> Vec<Document> {
    let said = to_end(python("manifests.py").args(options).args(files), b"", 60).succeeded().text();
    said.lines().map(document).collect()
}

fn document(line: &str) -> Document {
    let mut line: Value = serde_json::from_str(line).expect("a line of JSON");
    let problems = list(&line["problems"]).iter().map(|problem| text(problem).to_owned()).collect();
    Document { file: text(&line["file"]).to_owned(), problems, value: line["document"].take() }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// What this variable of a container is set to: a value, or where it comes from.
fn variable<'a>(container: &'a Value, name: &str) -> &'a Value {
    let found = list(&container["env"]).iter().find(|variable| variable["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn every_manifest_is_valid() {
    let manifests = Manifests::read();
    let kinds: Vec<&str> = manifests.0.iter().map(|document| text(&document.value["kind"])).collect();
    assert_eq!(
        kinds.join(" "),
        "Gateway HTTPRoute DestinationRule Gateway VirtualService Service Deployment HorizontalPodAutoscaler \
         Kustomization PodDisruptionBudget Secret Service StatefulSet Service"
    );
    for document in &manifests.0 {
        assert_eq!(document.problems, [""; 0], "{}", document.file);
        if document.value["kind"] != "Kustomization" {
            assert!(document.value["metadata"]["labels"]["app"].is_string(), "{}", document.file);
        }
    }
}

/// One letter, in each file: what a cluster would drop without a word, or refuse.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn a_misspelt_field_is_found() {
    let misspelt = [
        ("kubernetes/deployment.yaml", "terminationGracePeriodSeconds:", "terminationGracePeriodSecond:"),
        ("kubernetes/service.yaml", "appProtocol:", "appProtocols:"),
        ("kubernetes/pdb.yaml", "maxUnavailable:", "maxUnavailables:"),
        ("kubernetes/hpa.yaml", "averageValue:", "averagevalue:"),
        ("kubernetes/redis.yaml", "volumeClaimTemplates:", "volumeClaimTemplate:"),
        ("istio/gateway.yaml", "selector:", "selectors:"),
        ("istio/virtualservice.yaml", "prefix:", "prefx:"),
        ("istio/destinationrule.yaml", "loadBalancer:", "loadBalancers:"),
        ("gateway-api/gateway.yaml", "gatewayClassName:", "gatewayClass:"),
        ("gateway-api/httproute.yaml", "request:", "requests:"),
        ("knative/service.yaml", "autoscaling.knative.dev/min-scale:", "autoscaling.knative.dev/minScale:"),
        ("knative/service.yaml", "apiVersion: serving.knative.dev/v1", "apiVersion: serving.knative.dev/v11"),
    ];
    let folder = folder("misspelt");
    for (file, right, wrong) in misspelt {
        let manifest = fs::read_to_string(deploy().join(file)).expect(file);
        assert!(manifest.contains(right), "{file} has no {right}");
        let copy = folder.join("manifest.yaml");
        fs::write(&copy, manifest.replacen(right, wrong, 1)).expect("a copy");
        let problems: usize = checked(&[copy], &[]).iter().map(|document| document.problems.len()).sum();
        assert!(problems > 0, "{file}: {wrong} is no problem");
    }
    fs::remove_dir_all(folder).expect("the folder is removed");
}

/// All that is chosen by labels chooses these pods.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn selectors_find_the_pods() {
    let manifests = Manifests::read();
    let spec = |kind: &str| &manifests.named("kubernetes", kind, Some("ws101"))["spec"];
    let labels = &manifests.template()["metadata"]["labels"];
    let spread = &manifests.template()["spec"]["topologySpreadConstraints"][0];
    let selectors = [
        &spec("Service")["selector"],
        &spec("Deployment")["selector"]["matchLabels"],
        &spec("PodDisruptionBudget")["selector"]["matchLabels"],
        &spread["labelSelector"]["matchLabels"],
    ];
    for selector in selectors {
        assert_eq!(selector, labels);
    }
    let scaled = &spec("HorizontalPodAutoscaler")["scaleTargetRef"];
    let deployment = manifests.named("kubernetes", "Deployment", Some("ws101"));
    assert_eq!((&scaled["kind"], &scaled["apiVersion"]), (&deployment["kind"], &deployment["apiVersion"]));
    assert_eq!(scaled["name"], deployment["metadata"]["name"]);
    let stateful = &manifests.of("kubernetes", "StatefulSet")["spec"];
    let redis = &manifests.named("kubernetes", "Service", Some("redis"));
    assert_eq!(redis["spec"]["selector"], stateful["template"]["metadata"]["labels"]);
    assert_eq!(stateful["serviceName"], redis["metadata"]["name"]);
}

/// From the Gateway's name to the port of the container, each hop names the next one as it is called.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn each_hop_names_the_next_one() {
    let manifests = Manifests::read();
    let service = manifests.named("kubernetes", "Service", Some("ws101"));
    let (name, port) = (&service["metadata"]["name"], &service["spec"]["ports"][0]);
    assert_eq!((text(&port["name"]), text(&port["appProtocol"])), ("http", "kubernetes.io/ws"));
    assert_eq!(port["targetPort"], manifests.container()["ports"][0]["name"]);
    assert_eq!(text(&variable(manifests.container(), "WS101_LISTEN")["value"]), "0.0.0.0:8080");
    assert_eq!(number(&manifests.container()["ports"][0]["containerPort"]), 8080);

    let virtual_service = &manifests.of("istio", "VirtualService")["spec"];
    assert_eq!(virtual_service["gateways"][0], manifests.of("istio", "Gateway")["metadata"]["name"]);
    assert_eq!(virtual_service["hosts"], manifests.of("istio", "Gateway")["spec"]["servers"][0]["hosts"]);
    for rule in list(&virtual_service["http"]) {
        let destination = &rule["route"][0]["destination"];
        assert_eq!((&destination["host"], &destination["port"]["number"]), (name, &port["port"]));
    }
    assert_eq!(&manifests.of("istio", "DestinationRule")["spec"]["host"], name);

    let (gateway, route) = (manifests.of("gateway-api", "Gateway"), manifests.of("gateway-api", "HTTPRoute"));
    let parent = &route["spec"]["parentRefs"][0];
    assert_eq!(parent["name"], gateway["metadata"]["name"]);
    assert_eq!(parent["sectionName"], gateway["spec"]["listeners"][0]["name"]);
    for rule in list(&route["spec"]["rules"]) {
        assert_eq!((&rule["backendRefs"][0]["name"], &rule["backendRefs"][0]["port"]), (name, &port["port"]));
    }
}

/// SIGKILL comes after the last Close, and not before it.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn there_is_time_to_stop() {
    let manifests = Manifests::read();
    let seconds = |container: &Value| {
        let grace = text(&variable(container, "WS101_GRACE")["value"]).strip_suffix('s').expect("seconds").to_owned();
        grace.parse::<u64>().expect("a number")
    };
    let container = manifests.container();
    let before = number(&container["lifecycle"]["preStop"]["sleep"]["seconds"]);
    let limit = number(&manifests.template()["spec"]["terminationGracePeriodSeconds"]);
    assert!(before + seconds(container) < limit, "{before} s + {} s are not within {limit} s", seconds(container));
    // Knative gives a pod as long to stop as a request may last.
    let knative = &manifests.of("knative", "Service")["spec"]["template"]["spec"];
    assert!(seconds(&knative["containers"][0]) < number(&knative["timeoutSeconds"]));
    // What is left out here is 300 s, and ends a WebSocket, too.
    assert_eq!(knative["responseStartTimeoutSeconds"], knative["timeoutSeconds"]);
}

/// The program takes what the containers tell it, answers the probes, and has the metric that it is scaled by.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn the_server_is_told_what_it_understands() {
    let manifests = Manifests::read();
    let knative = &manifests.of("knative", "Service")["spec"]["template"]["spec"]["containers"][0];
    for container in [manifests.container(), knative] {
        let server = Server::start(&options(container).iter().map(String::as_str).collect::<Vec<_>>());
        let addr = SocketAddr::from(([127, 0, 0, 1], server.port()));
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            if let Some(path) = container[probe]["httpGet"]["path"].as_str() {
                assert_eq!(Peer::get(addr, path).status, "200 OK", "{probe}");
            }
        }
        let annotations = &manifests.template()["metadata"]["annotations"];
        let metrics = Peer::get(addr, text(&annotations["prometheus.io/path"]));
        let metric =
            &manifests.of("kubernetes", "HorizontalPodAutoscaler")["spec"]["metrics"][0]["pods"]["metric"]["name"];
        assert!(metrics.text().lines().any(|line| line.split(' ').next() == metric.as_str()), "{}", metrics.text());
    }
}

/// `--max-connections=2000` for `WS101_MAX_CONNECTIONS`. Not where it listens, which is another place here, and nothing
/// that comes from elsewhere.
fn options(container: &Value) -> Vec<String> {
    let set = list(&container["env"]).iter().filter_map(|variable| {
        let name = text(&variable["name"]).strip_prefix("WS101_").filter(|name| *name != "LISTEN")?;
        Some(format!("--{}={}", name.to_lowercase().replace('_', "-"), variable["value"].as_str()?))
    });
    let options: Vec<String> = set.collect();
    assert!(options.len() >= 3, "{options:?}");
    options
}

/// The URL of the feed in the Secret leads to the Redis beside it, with the password that this one asks for.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn the_feeds_url_leads_to_redis() {
    let manifests = Manifests::read();
    let secret = manifests.of("kubernetes", "Secret");
    let redis = &manifests.named("kubernetes", "Service", Some("redis"));
    let (password, url) = (text(&secret["stringData"]["password"]), text(&secret["stringData"]["url"]));
    let host = text(&redis["metadata"]["name"]);
    assert_eq!(url, format!("redis://:{password}@{host}:{}", redis["spec"]["ports"][0]["port"]));
    let knative = &manifests.of("knative", "Service")["spec"]["template"]["spec"]["containers"][0];
    for container in [manifests.container(), knative] {
        let from = &variable(container, "WS101_FEED")["valueFrom"]["secretKeyRef"];
        assert_eq!((&from["name"], text(&from["key"])), (&secret["metadata"]["name"], "url"));
    }
    let container = &manifests.of("kubernetes", "StatefulSet")["spec"]["template"]["spec"]["containers"][0];
    for name in ["REDIS_PASSWORD", "REDISCLI_AUTH"] {
        let from = &variable(container, name)["valueFrom"]["secretKeyRef"];
        assert_eq!((&from["name"], text(&from["key"])), (&secret["metadata"]["name"], "password"));
    }
}

/// The first rule that matches wins, so the order is part of it. All three say the same.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn the_lab_has_the_routes_of_the_virtual_service() {
    let manifests = Manifests::read();
    let rules = list(&manifests.of("istio", "VirtualService")["spec"]["http"]);
    let of_istio = rules.iter().flat_map(|rule| {
        let timeout = text(&rule["timeout"]).to_owned();
        let retries = (number(&rule["retries"]["attempts"]), rule["retries"]["retryOn"].as_str().map(str::to_owned));
        let prefixes = list(&rule["match"]).iter().map(|found| text(&found["uri"]["prefix"]).to_owned());
        prefixes.map(move |prefix| (prefix, timeout.clone(), retries.clone())).collect::<Vec<_>>()
    });
    let of_istio: Vec<_> = of_istio.collect();
    assert_eq!(of_istio, routes_of_the_lab());
    let rules = list(&manifests.of("gateway-api", "HTTPRoute")["spec"]["rules"]);
    let of_gateway_api = rules.iter().flat_map(|rule| {
        let timeout = text(&rule["timeouts"]["request"]);
        list(&rule["matches"]).iter().map(move |found| (text(&found["path"]["value"]), timeout))
    });
    let wanted = of_istio.iter().map(|(prefix, timeout, _)| (prefix.as_str(), timeout.as_str()));
    assert_eq!(of_gateway_api.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
}

/// As many requests at once as all pods take together, and the same in the lab.
#[test]
#[ignore = "needs python3 kubernetes-validate"]
fn the_limit_of_requests_is_that_of_all_pods() {
    let manifests = Manifests::read();
    let pods = number(&manifests.of("kubernetes", "HorizontalPodAutoscaler")["spec"]["maxReplicas"]);
    let each =
        text(&variable(manifests.container(), "WS101_MAX_CONNECTIONS")["value"]).parse::<u64>().expect("a number");
    let pool = &manifests.of("istio", "DestinationRule")["spec"]["trafficPolicy"]["connectionPool"];
    assert_eq!(number(&pool["http"]["http2MaxRequests"]), pods * each);
    let thresholds = &the_lab()["static_resources"]["clusters"][0]["circuit_breakers"]["thresholds"][0];
    assert_eq!(thresholds["max_requests"], pool["http"]["http2MaxRequests"]);
}

fn the_lab() -> Value {
    checked(&[deploy().join("envoy/istio.yaml")], &["--plain"]).remove(0).value
}

/// Prefix, timeout, and how often and when it is tried again, of each route of the lab's gateway.
fn routes_of_the_lab() -> Vec<(String, String, (u64, Option<String>))> {
    let lab = the_lab();
    let gateway = &lab["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
    let hosts = list(&gateway["route_config"]["virtual_hosts"]);
    assert_eq!(hosts.len(), 1);
    let routes = list(&hosts[0]["routes"]).iter().map(|route| {
        let policy = &route["route"]["retry_policy"];
        let retries = (policy["num_retries"].as_u64().unwrap_or(0), policy["retry_on"].as_str().map(str::to_owned));
        (text(&route["match"]["prefix"]).to_owned(), text(&route["route"]["timeout"]).to_owned(), retries)
    });
    routes.collect()
}

/// One command brings all of it, each in the namespace.
#[test]
#[ignore = "needs kubectl and python3 kubernetes-validate"]
fn kustomize_puts_all_of_it_together() {
    let mut kubectl = program("kubectl", "apt-get install kubernetes-client");
    let built = to_end(kubectl.arg("kustomize").arg(deploy().join("kubernetes")), b"", 60).succeeded();
    let folder = folder("kustomize");
    let file = folder.join("all.yaml");
    fs::write(&file, &built.out).expect("a file");
    let documents = checked(&[file], &[]);
    let all = Manifests::read();
    let wanted = all.0.iter().filter(|document| document.file.contains("/kubernetes/")).count() - 1;
    assert_eq!(documents.len(), wanted, "all but the kustomization itself: {}", built.text());
    for document in &documents {
        assert_eq!(document.problems, [""; 0], "{}", document.value);
        assert_eq!(document.value["metadata"]["namespace"], "ws101", "{}", document.value);
    }
    fs::remove_dir_all(folder).expect("the folder is removed");
}
