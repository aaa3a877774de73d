use super::*;

/// Reads settings from these arguments, variables and file.
fn read_from(
    arguments: &[&str],
    variables: &[(&str, &str)],
    file: Option<&str>,
) -> Result<Wish, String> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned());
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let open = |path: &str| match path {
        "powertools.toml" | "other.toml" => Ok(file.map(str::to_owned)),
        "forbidden.toml" => Err(std::io::ErrorKind::PermissionDenied.into()),
        _ => Ok(None),
    };
    read("shop", arguments, variables, open).map_err(|error| error.to_string())
}

fn settings(arguments: &[&str], variables: &[(&str, &str)], file: &str) -> Settings {
    match read_from(arguments, variables, Some(file)) {
        Ok(Wish::Run(settings)) => *settings,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with these, line by line.
fn problems(arguments: &[&str], file: Option<&str>) -> Vec<String> {
    let error = read_from(arguments, &[], file).expect_err("something is wrong");
    let mut lines = error.lines();
    assert_eq!(
        lines.next(),
        Some("the local gateway's settings are not right:")
    );
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_value_that_is_not_allowed_is_named_with_what_is() {
    let port = "a port is a number from 0 to 65535";
    let host = "it is a name without a port, like `shop.test`";
    let sources = "the sources are `http`, `http-1.0`, `rest`, `url`, `alb`, `alb-multi`, \
                   `lattice-1`, `lattice`, `websocket` and `all`";
    for (argument, expected) in [
        ("--port=70000", format!("`--port` is `70000`, but {port}")),
        ("--port=", format!("`--port` is ``, but {port}")),
        ("--source=v2", format!("`--source` is `v2`, but {sources}")),
        (
            "--source=rest=x",
            format!("`--source` is `rest=x`, but {port}"),
        ),
        (
            "--source=rest=7,alb=7",
            "`--source` is `alb=7`, but 7 is taken by another source".to_owned(),
        ),
        (
            "--timeout=0",
            "`--timeout` is `0`, but it is a number of seconds from 1 to 900".to_owned(),
        ),
        (
            "--timeout=901",
            "`--timeout` is `901`, but it is a number of seconds from 1 to 900".to_owned(),
        ),
        (
            "--show=events",
            "`--show` is `events`, but it is `event` or `reply`".to_owned(),
        ),
        (
            "--stage=a/b",
            "`--stage` is `a/b`, but a stage has letters, digits, `-` and `_`, or is `$default`"
                .to_owned(),
        ),
        (
            "--base-path=shop",
            "`--base-path` is `shop`, but it is like `/shop`".to_owned(),
        ),
        (
            "--stage-in-path=maybe",
            "`--stage-in-path` is `maybe`, but it is `true` or `false`".to_owned(),
        ),
        (
            "--claim=sub",
            "`--claim` is `sub`, but it is like `name=value`".to_owned(),
        ),
        (
            "--route=GET",
            "`--route` is `GET`, but it has no method: write `GET /orders/{id}`, \
             `ANY /{proxy+}` or `$default`"
                .to_owned(),
        ),
        (
            "--api-key=",
            "`--api-key` is ``, but it has one value that is not empty".to_owned(),
        ),
        (
            "--config=none.toml",
            "`--config` is `none.toml`, but there is no such file".to_owned(),
        ),
        (
            "--config=forbidden.toml",
            "`--config` is `forbidden.toml`, which cannot be read: permission denied".to_owned(),
        ),
        (
            "--source=,",
            "`--source` is ``, but it is to name a source".to_owned(),
        ),
        (
            "--route=",
            "`--route` is ``, but it is to name a route".to_owned(),
        ),
        (
            "--host=shop.test:9000",
            format!("`--host` is `shop.test:9000`, but {host}"),
        ),
        ("--host=*", format!("`--host` is `*`, but {host}")),
        (
            "--domain=http://shop.test",
            "`--domain` is `http://shop.test`, but it is a name, like `api.shop.example`, or \
             `execute-api`"
                .to_owned(),
        ),
        ("--port", "`--port` needs a value: PORT".to_owned()),
    ] {
        assert_eq!(problems(&[argument], None), [expected], "{argument}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let file = "[local]\nport = [1, 2]\nprot = 1\nstage = ''\n";
    let expected = [
        "`prot` of powertools.toml is no setting; these are: `port`, `source`",
        "`port` of powertools.toml is `1, 2`, but a port is a number",
        "`--timeout` is `soon`, but",
        "`stage` of powertools.toml is ``, but",
    ];
    let problems = problems(&["--timeout", "soon"], Some(file));
    assert_eq!(problems.len(), expected.len(), "{problems:?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}");
    }
    let problems = self::problems(&[], Some("[local"));
    assert!(
        problems[0]
            .starts_with("`powertools.toml` is not as it should be: it is not TOML in line 1: "),
        "{problems:?}"
    );
}

#[test]
fn what_nobody_would_heed_is_refused() {
    let file = |text: &str| problems(&[], Some(text));
    assert_eq!(
        file("[loca]\nport = 1\n"),
        ["`powertools.toml` is not as it should be: `loca` is no section of it; `[local]` is"]
    );
    assert_eq!(
        file("port = 1\n"),
        ["`powertools.toml` is not as it should be: `port` is no section of it; `[local]` is"]
    );
    assert_eq!(
        file("[local]\nconfig = 'other.toml'\n"),
        ["`config` of powertools.toml says nothing, as this is the file"]
    );
    let variables = [("POWERTOOLS_LOCAL_STGAE", "prod")];
    let error = read_from(&[], &variables, None).expect_err("no such variable");
    assert!(
        error.ends_with("`POWERTOOLS_LOCAL_STGAE` is no variable of a setting; see `--help`"),
        "{error}"
    );
    assert_eq!(
        problems(&["--domain=execute-api", "--base-path=/shop"], None),
        ["`--base-path` is `/shop`, but a base path is a custom domain's, not `execute-api`'s"]
    );
}

#[test]
fn a_flag_may_be_followed_by_its_value_and_by_nothing_else() {
    let quiet = |arguments: &[&str]| {
        let settings = settings(arguments, &[], "");
        (settings.show.quiet, settings.unknown)
    };
    assert_eq!(quiet(&["--quiet", "false"]), (false, vec![]));
    assert_eq!(quiet(&["--quiet", "true"]), (true, vec![]));
    assert_eq!(quiet(&["--quiet=false"]), (false, vec![]));
    assert_eq!(quiet(&["--quiet"]), (true, vec![]));
    assert_eq!(
        quiet(&["--quiet", "serve"]),
        (true, vec!["serve".to_owned()])
    );
}

#[test]
fn the_domain_is_a_name_to_answer_to() {
    let hosts = |arguments: &[&str]| settings(arguments, &[], "").hosts;

    assert_eq!(
        hosts(&["--host", "a.test,b.test", "--domain", "api.shop.example"]),
        ["a.test", "b.test", "api.shop.example"]
    );
    assert_eq!(hosts(&["--domain", "execute-api"]), [""; 0]);
}

#[test]
fn nothing_needs_to_be_said() {
    let settings = settings(&[], &[], "");

    assert_eq!(settings.ports, [(Source::HttpApi, 9000)]);
    assert_eq!(settings.timeout, Duration::from_secs(30));
    assert_eq!(settings.show, Show::default());
    assert!(settings.api.routes.is_none());
    assert_eq!(settings.api.binary_types, Some(vec![]));
}

#[test]
fn options_win_over_variables_and_variables_over_the_file() {
    let file = "[local]\nport = 1\nstage = 'file'\ndomain = 'file.example'\n";
    let variables = [
        ("POWERTOOLS_LOCAL_PORT", "2"),
        ("POWERTOOLS_LOCAL_STAGE", "variable"),
    ];
    let settings = settings(&["--port", "3"], &variables, file);

    assert_eq!(settings.ports, [(Source::HttpApi, 3)]);
    assert_eq!(settings.api.stage.as_deref(), Some("variable"));
    assert_eq!(
        settings.api.domain,
        Domain::Custom("file.example".to_owned())
    );
}

#[test]
fn arguments_that_are_not_ours_are_left_to_the_program() {
    let settings = settings(
        &["serve", "--verbose", "--port=1", "-v", "--", "--port", "2"],
        &[],
        "",
    );

    assert_eq!(settings.ports, [(Source::HttpApi, 1)]);
    assert_eq!(
        settings.unknown,
        ["serve", "--verbose", "-v", "--port", "2"]
    );
}

#[test]
fn sources_take_ports_one_after_another_unless_they_have_their_own() {
    let from = |arguments: &[&str]| settings(arguments, &[], "").ports;

    assert_eq!(
        from(&["--source", "rest,alb=8000", "--source=url", "--port=7000"]),
        [
            (Source::RestApi, 7000),
            (Source::Alb, 8000),
            (Source::FunctionUrl, 7001),
        ]
    );
    let all = from(&["--source", "all", "--port", "0"]);
    assert_eq!(all.len(), Source::ALL.len());
    assert!(all.iter().all(|(_, port)| *port == 0), "{all:?}");
}

#[test]
fn lists_and_tables_are_written_as_each_place_writes_them() {
    let file = "[local]\nsource = ['rest', 'http']\nbinary-type = 'image/*'\nstage-in-path = true\n\
                [local.stage-variable]\ntable = 'orders'\n";
    let variables = [
        ("POWERTOOLS_LOCAL_SHOW", "event, reply"),
        ("POWERTOOLS_LOCAL_CLAIM", "sub=ann,aud=shop"),
    ];
    let settings = settings(
        &["--authorizer", "name=Doe, Ann", "--authorizer=tenant=a=b"],
        &variables,
        file,
    );

    assert_eq!(
        settings.ports,
        [(Source::RestApi, 9000), (Source::HttpApi, 9001)]
    );
    assert_eq!(settings.api.binary_types, Some(vec!["image/*".to_owned()]));
    assert!(settings.api.stage_in_path);
    assert_eq!(
        settings.show,
        Show {
            event: true,
            reply: true,
            quiet: false,
        }
    );
    let map = |map: &Map<String, Value>| Value::from(map.clone()).to_string();
    assert_eq!(map(&settings.api.stage_variables), r#"{"table":"orders"}"#);
    assert_eq!(map(&settings.api.claims), r#"{"aud":"shop","sub":"ann"}"#);
    assert_eq!(
        map(&settings.api.authorizer),
        r#"{"name":"Doe, Ann","tenant":"a=b"}"#
    );
}

#[test]
fn the_help_tells_every_setting_and_fits_a_terminal() {
    let Ok(Wish::Help(help)) = read_from(&["--port", "x", "--help"], &[], None) else {
        panic!("no help");
    };
    for setting in table::SETTINGS {
        assert!(
            help.contains(&format!("  --{} ", setting.name)),
            "{}",
            setting.name
        );
    }
    for line in help.lines() {
        assert!(line.chars().count() <= 110, "{line}");
    }
    assert!(help.starts_with("shop on localhost"), "{help}");
}

#[cfg(not(feature = "local-websocket"))]
#[test]
fn a_websocket_api_needs_its_feature() {
    let expected =
        "`--source` is `websocket`, but that needs powertools with its feature `local-websocket`";
    assert_eq!(problems(&["--source=websocket"], None), [expected]);
}

#[cfg(feature = "local-websocket")]
#[test]
fn a_websocket_api_is_set_up_as_on_aws_unless_told_otherwise() {
    let from = |arguments: &[&str], file: &str| settings(arguments, &[], file);
    let unset = from(&[], "").websocket;
    assert_eq!(unset.routes, None);
    assert_eq!(unset.limits, Limits::default());
    assert!(!unset.responds("join"));

    let file = "[local]\nsource = 'websocket'\nwebsocket-route = ['join', '$default']\n\
                websocket-response = 'join'\nwebsocket-origin = ['https://app.example']\n\
                websocket-selection = '${request.body.kind}/x'\n\
                [local.websocket-limit]\nidle = 5\nmessage = 10\n";
    let set = from(&["--websocket-limit", "connections=3"], "");
    assert_eq!(set.websocket.limits.connections, 3);
    let set = from(&[], file);
    assert_eq!(set.ports, [(Source::WebSocket, 9000)]);
    let set = set.websocket;
    assert_eq!(set.routes, Some(vec!["join".into(), "$default".into()]));
    assert!(set.responds("join") && !set.responds("$default"));
    assert_eq!(set.origins, ["https://app.example"]);
    assert_eq!(
        set.selection.key("{\"kind\":\"a\"}").as_deref(),
        Some("a/x")
    );
    assert_eq!(set.limits.idle, Duration::from_secs(5));
    assert_eq!(set.limits.age, Duration::from_secs(7200));
    assert_eq!(set.limits.message, 10);
    assert!(
        from(&["--websocket-response=*"], "")
            .websocket
            .responds("any")
    );
    // One route for all, as the developer guide's escape has it.
    let constant = from(&["--websocket-selection", "\\$default"], "");
    assert!(constant.websocket.selection.is_constant());
}

#[test]
fn what_no_websocket_api_can_be_set_to_is_named() {
    let limits = "the limits are `idle`, `age`, `message`, `frame` and `connections`";
    let seconds = "but it is a number of seconds from 1 to";
    let constant = "but without a `$request.body.…` no message names a route; an expression is like \
                    `$request.body.action`";
    let own = "of keys that begin with `$` there are only `$connect`, `$disconnect` and `$default`";
    for (argument, expected) in [
        (
            "--websocket-limit=idle=0",
            format!("`--websocket-limit` is `idle=0`, {seconds} 600"),
        ),
        (
            "--websocket-limit=idle=1.5",
            format!("`--websocket-limit` is `idle=1.5`, {seconds} 600"),
        ),
        (
            "--websocket-limit=idle=601",
            format!("`--websocket-limit` is `idle=601`, {seconds} 600"),
        ),
        (
            "--websocket-limit=age=7201",
            format!("`--websocket-limit` is `age=7201`, {seconds} 7200"),
        ),
        (
            "--websocket-limit=frame=32769",
            "`--websocket-limit` is `frame=32769`, but it is a number of bytes from 1 to 32768"
                .to_owned(),
        ),
        (
            "--websocket-limit=connections=0",
            "`--websocket-limit` is `connections=0`, but it is a number from 1 to 100000"
                .to_owned(),
        ),
        (
            "--websocket-selection=request.body.action",
            format!("`--websocket-selection` is `request.body.action`, {constant}"),
        ),
        (
            "--websocket-route=$join",
            format!("`--websocket-route` is `$join`, but {own}"),
        ),
        (
            "--websocket-response=$join",
            format!("`--websocket-response` is `$join`, but {own}"),
        ),
        (
            "--websocket-limit=frames=1",
            format!("`--websocket-limit` is `frames=1`, but {limits}"),
        ),
        (
            "--websocket-limit=7",
            "`--websocket-limit` is `7`, but it is like `name=value`".to_owned(),
        ),
        (
            "--websocket-selection=$request.header.x",
            "`--websocket-selection` is `$request.header.x`, but `request.header.x` is no \
             `request.body.…`, which messages have; an expression is like `$request.body.action`"
                .to_owned(),
        ),
    ] {
        assert_eq!(problems(&[argument], None), [expected], "{argument}");
    }
}

#[test]
fn an_origin_that_no_browser_sends_is_refused() {
    let origin = "an origin is what browsers send: scheme and host in lower case, the port unless it is the \
                  scheme's own, and nothing after, like `https://app.example`; or `*`";
    for wrong in [
        "app.example",
        "https://",
        "https://app.example/",
        "https://app.example/chat",
        "https://App.example",
        "HTTPS://app.example",
        "https://*.example",
        "https://app.example:443",
        "http://app.example:80",
        "http://app.example:x",
        "https://größe.example",
        "https://user@app.example",
    ] {
        let expected = format!("`--websocket-origin` is `{wrong}`, but {origin}");
        let argument = format!("--websocket-origin={wrong}");
        assert_eq!(problems(&[&argument], None), [expected]);
    }
    for right in [
        "*",
        "null",
        "https://app.example",
        "http://app.example:443",
        "http://localhost:3000",
        "http://[::1]:3000",
        "chrome-extension://abc",
    ] {
        let set = settings(&[&format!("--websocket-origin={right}")], &[], "");
        assert_eq!(set.websocket.origins, [right]);
    }
}

#[test]
fn all_that_is_wrong_with_a_websocket_api_is_told_at_once() {
    let arguments = [
        "--websocket-route=join,leave",
        "--websocket-response=join,hello,$default",
        "--websocket-selection=action",
        "--websocket-origin=app.example",
        "--websocket-limit=age=0",
    ];
    let problems = problems(&arguments, None);
    assert_eq!(problems.len(), 5, "{problems:#?}");
    let response = "`--websocket-response` is `hello`, but that is no route of `websocket-route`";
    assert_eq!(problems[0], response);
    let response =
        "`--websocket-response` is `$default`, but that is no route of `websocket-route`";
    assert_eq!(problems[1], response);
}
