use super::*;

fn variable(name: &str, value: &str) -> sdk::KeyValuePair {
    sdk::KeyValuePair::builder().name(name).value(value).build()
}

fn secret(name: &str, from: &str) -> sdk::Secret {
    sdk::Secret::builder().name(name).value_from(from).build().unwrap()
}

fn definition(revision: u32, containers: Vec<sdk::ContainerDefinition>) -> sdk::builders::TaskDefinitionBuilder {
    sdk::TaskDefinition::builder()
        .task_definition_arn(format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:{revision}"))
        .set_container_definitions(Some(containers))
}

fn web() -> sdk::builders::ContainerDefinitionBuilder {
    sdk::ContainerDefinition::builder().name("web").image("registry/orders:1")
}

fn image(digest: &str) -> Image {
    Image { container: "web".to_owned(), image: "registry/orders:1".to_owned(), digest: Some(digest.to_owned()) }
}

#[test]
fn it_says_what_differs_and_no_value() {
    let port = |number| sdk::PortMapping::builder().container_port(number).build();
    let old = definition(
        41,
        vec![
            web()
                .memory(512)
                .environment(variable("LOG_LEVEL", "hunter-old"))
                .environment(variable("REGION", "same"))
                .environment(variable("LEGACY", "hunter-gone"))
                .secrets(secret("DB_PASSWORD", "arn:hunter-old"))
                .command("serve")
                .port_mappings(port(8080))
                .build(),
            sdk::ContainerDefinition::builder().name("log").image("registry/log:1").build(),
        ],
    )
    .cpu("256")
    .memory("512")
    .task_role_arn("arn:aws:iam::111122223333:role/orders")
    .build();
    let new = definition(
        42,
        vec![
            web()
                .image("registry/orders:2")
                .memory(1024)
                .environment(variable("LOG_LEVEL", "hunter-new"))
                .environment(variable("REGION", "same"))
                .environment(variable("CACHE_URL", "hunter-added"))
                .secrets(secret("DB_PASSWORD", "arn:hunter-new"))
                .secrets(secret("API_KEY", "arn:hunter-added"))
                .command("serve --token=hunter")
                .port_mappings(port(8080))
                .port_mappings(port(9090))
                .build(),
            sdk::ContainerDefinition::builder().name("mesh").image("registry/mesh:1").build(),
        ],
    )
    .cpu("512")
    .memory("1024")
    .task_role_arn("arn:aws:iam::111122223333:role/orders-v2")
    .build();
    let (before, after) = ([image("sha256:aaaaaaaaaaaaaaaaaaaaaaaa")], [image("sha256:bbbbbbbbbbbbbbbbbbbbbbbb")]);
    let it = difference(Version { definition: &old, images: &before }, Version { definition: &new, images: &after });
    insta::assert_snapshot!(format!("{} -> {}\n{}", it.from, it.to, it.lines().join("\n")), @"
    orders:41 -> orders:42
    task: CPU 256 -> 512
    task: memory 512 -> 1024
    task: task role orders -> orders-v2
    log: no longer there
    mesh: a new container
    mesh: image none -> registry/mesh:1
    web: image registry/orders:1 -> registry/orders:2
    web: digest sha256:aaaaaaaaaaaa -> sha256:bbbbbbbbbbbb
    web: memory 512 MiB -> 1024 MiB
    web: ports 8080/tcp -> 8080/tcp, 9090/tcp
    web: variables +CACHE_URL, -LEGACY, ~LOG_LEVEL
    web: secrets +API_KEY, ~DB_PASSWORD
    web: also command
    ");
    let kept = serde_json::to_string(&it).unwrap();
    assert!(!kept.contains("hunter"), "{kept}");
    assert_eq!(serde_json::from_str::<Difference>(&kept).unwrap(), it);
}

#[test]
fn the_same_does_not_differ() {
    let one = definition(41, vec![web().environment(variable("A", "1")).build()]).build();
    let other = definition(42, vec![web().environment(variable("A", "1")).build()]).build();
    let it = difference(Version { definition: &one, images: &[] }, Version { definition: &other, images: &[] });
    assert!(it.is_empty() && it.lines().is_empty());
}

#[test]
fn the_same_tag_with_another_digest_differs() {
    let one = definition(41, vec![web().build()]).build();
    let (before, after) = ([image("sha256:aaaaaaaaaaaaaaaaaaaaaaaa")], [image("sha256:bbbbbbbbbbbbbbbbbbbbbbbb")]);
    let it = difference(Version { definition: &one, images: &before }, Version { definition: &one, images: &after });
    assert_eq!(it.lines(), ["web: digest sha256:aaaaaaaaaaaa -> sha256:bbbbbbbbbbbb"]);
}
