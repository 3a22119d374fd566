PRAGMA application_id = 1212959050;
BEGIN TRANSACTION;
CREATE TABLE earlier_outcomes (
    "row" INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    PRIMARY KEY ("row", pass)
);
CREATE TABLE intents (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    first_attempt_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    exact INTEGER NOT NULL
);
INSERT INTO "intents" VALUES(4,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(5,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(6,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(7,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(8,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(9,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(13,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(14,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(15,'location1',1732654295.047486,1,0);
INSERT INTO "intents" VALUES(16,'location1',1732654295.047486,1,0);
CREATE TABLE landed (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    warnings TEXT
);
INSERT INTO "landed" VALUES(4,'location1','updated','tJi6o5X1DaxxdAsXw0NX',200,1,'38d7522b-afe3-4e61-97b8-d101ebd6273b',NULL);
INSERT INTO "landed" VALUES(5,'location1','created','i7vdhhQSYR43dDR69LPH',200,1,'79788059-a28c-4680-85a1-4a4ae8cc916e',NULL);
INSERT INTO "landed" VALUES(6,'location1','created','fpyNlfRK8RpjIhOp0pKd',200,1,'dbb69316-873b-4460-a720-a41ae577ef64',NULL);
INSERT INTO "landed" VALUES(7,'location1','created','VxHktfloIQRXnRw8HwuU',200,1,'619a78f2-abda-4309-9b53-d8484b8d6ef6',NULL);
INSERT INTO "landed" VALUES(8,'location1','created','HZZ6oPRlXjfPWhIcMUkD',200,1,'402a2078-29e1-46b9-b174-47c032a2ed11',NULL);
CREATE TABLE migrations (version INTEGER PRIMARY KEY, at REAL, tool_version TEXT);
INSERT INTO "migrations" VALUES(1,1732654294.778281,'0.1.0');
INSERT INTO "migrations" VALUES(2,1732654294.778701,'0.1.0');
INSERT INTO "migrations" VALUES(3,1732654294.778812,'0.1.0');
CREATE TABLE outcomes (
    "row" INTEGER PRIMARY KEY,
    status TEXT NOT NULL,
    location_id TEXT,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    warnings TEXT,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT
, pass INTEGER NOT NULL DEFAULT 1);
INSERT INTO "outcomes" VALUES(2,'skipped','location1',NULL,'unchanged','Nothing changed since this person was last imported.','none',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(3,'skipped','location1',NULL,'unchanged','Nothing changed since this person was last imported.','none',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(5,'created','location1','i7vdhhQSYR43dDR69LPH',NULL,NULL,'none',NULL,200,1,'79788059-a28c-4680-85a1-4a4ae8cc916e',1);
INSERT INTO "outcomes" VALUES(6,'created','location1','fpyNlfRK8RpjIhOp0pKd',NULL,NULL,'none',NULL,200,1,'dbb69316-873b-4460-a720-a41ae577ef64',1);
INSERT INTO "outcomes" VALUES(7,'created','location1','VxHktfloIQRXnRw8HwuU',NULL,NULL,'none',NULL,200,1,'619a78f2-abda-4309-9b53-d8484b8d6ef6',1);
INSERT INTO "outcomes" VALUES(8,'created','location1','HZZ6oPRlXjfPWhIcMUkD',NULL,NULL,'none',NULL,200,1,'402a2078-29e1-46b9-b174-47c032a2ed11',1);
INSERT INTO "outcomes" VALUES(10,'failed','location1',NULL,'invalid_email','Column ''E-mail'': ''no address'' has no @ and is no e-mail address.','fix_row',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(11,'skipped','location1',NULL,'unchanged','Nothing changed since this person was last imported.','none',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(12,'skipped','location1',NULL,'unchanged','Nothing changed since this person was last imported.','none',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(19,'skipped','location1',NULL,'unchanged','Nothing changed since this person was last imported.','none',NULL,NULL,0,NULL,1);
CREATE TABLE pulses (
    location_id TEXT NOT NULL,
    started_at REAL NOT NULL,
    seconds REAL NOT NULL,
    requests INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    latency_p50 REAL NOT NULL,
    latency_p95 REAL NOT NULL,
    latency_max REAL NOT NULL,
    daily_remaining INTEGER
);
CREATE TABLE quota_marks (
    location_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL,
    daily_remaining INTEGER
);
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    started_at REAL NOT NULL,
    finished_at REAL,
    state TEXT NOT NULL,
    reason TEXT,
    mapping_path TEXT NOT NULL,
    mapping_text TEXT NOT NULL,
    mapping_fingerprint TEXT NOT NULL,
    location_id TEXT,
    base_url TEXT NOT NULL,
    sandbox INTEGER NOT NULL,
    options TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    working_folder TEXT NOT NULL,
    rows_read INTEGER NOT NULL DEFAULT 0
, pass INTEGER NOT NULL DEFAULT 1, follows TEXT, reason_code TEXT);
INSERT INTO "run" VALUES('20241126-205134-bc66',1732654294.735934,NULL,'running',NULL,'{folder}/mapping.yaml','version: 1
fields:
  firstName: First Name
  email: E-mail
  city: City
after: {workflow: Welcome}
match: {require: [email]}
','eae5922e9dfeeb0b85e525917e2930523a9246db70bcd4d716f38f885e95e349','location1','{base_url}',0,'{"results_format": "csv", "limit": null, "concurrency": 4, "changed_only": true, "full_every": null, "feed": "crm", "wait_for_quota": false, "max_requests": null, "verify_share": 0.0, "allow_transforms": false, "report_details": false, "output": "{folder}/import-results", "reading": {"sheet": null, "header_row": null, "encoding": null, "delimiter": null}, "stop_after_failures": null, "metrics_file": null}','0.1.0','{folder}',21,1,NULL,NULL);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    state TEXT NOT NULL,
    reason TEXT
);
INSERT INTO "sessions" VALUES(1,'run',1732654294.735934,NULL,'running',NULL);
CREATE TABLE sources (
    "index" INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size INTEGER NOT NULL
);
INSERT INTO "sources" VALUES(0,'{folder}/state/incoming/crm/1f61c6b54b05/night-2.csv','night-2.csv','sources/0000/night-2.csv','1f61c6b54b05083b6489cad970040f359e8dc3d2341a601901a039a30951dd6f',647);
CREATE TRIGGER keep_earlier_outcome BEFORE UPDATE ON outcomes BEGIN
    INSERT INTO earlier_outcomes
    VALUES (OLD."row", OLD.pass, OLD.status, OLD.contact_id, OLD.code, OLD.message, OLD.remedy,
            OLD.http_status, OLD.attempts, OLD.trace_id);
END;
COMMIT;
