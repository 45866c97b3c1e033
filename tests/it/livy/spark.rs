//! The suite on the test server with real Spark.

use hoist::runtime::engine::livy::Livy;
use hoist::runtime::engine::local::CatalogKind;
use hoist::runtime::engine::{Engine as _, Notice};

use super::{options, suite};
use crate::livy_server::{Executor, LivyServer, Settings, basic};
use crate::local_engine::{block_on, open};

/// The suite behind a gateway like Knox: base path, password, no `/version`, and Hive tables.
#[test]
fn the_test_server_with_real_spark() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(Executor::Spark {
        home: folder.path().join("home"),
        catalog: CatalogKind::Hive,
    });
    settings.version = None;
    settings.base_path = "/gateway/default/livy/v1";
    settings.authorization = Some(basic("ann", "hunter2"));
    let server = LivyServer::start(settings);
    block_on(async {
        let mut options = options(&server.url());
        options.auth = hoist::runtime::engine::livy::Auth::Basic {
            user: "ann".to_owned(),
            password: hoist::runtime::engine::livy::Secret::new("hunter2"),
        };
        let mut engine = Livy::new(options);
        let notices = open(&mut engine).await;
        let Some(Notice::Started { session, .. }) = notices.last() else {
            panic!("{notices:?}")
        };
        assert_eq!((session.master.as_str(), session.cores), ("local[2]", 2));
        assert!(session.storage_memory_bytes > 100 << 20, "{session:?}");
        suite::all(&mut engine, folder.path()).await;
        assert_eq!(server.sessions().len(), 1);
        let session = &server.sessions()[0];
        let completed = async |last| {
            let statements = session.statements.lock().unwrap();
            let all: Vec<u64> = statements.values().map(|s| s.completed).collect();
            all[all.len() - last..].to_vec()
        };
        let added = suite::overhead(&mut engine, 10, completed).await;
        println!("added to each of 10 statements, in microseconds: {added:?}");
        engine.close().await.unwrap();
        assert_eq!(server.sessions().len(), 0, "no session is left");
    });
}
