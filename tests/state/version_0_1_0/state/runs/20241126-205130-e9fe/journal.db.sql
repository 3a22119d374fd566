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
INSERT INTO "intents" VALUES(2,'location1',1732654291.085932,1,0);
INSERT INTO "intents" VALUES(3,'location1',1732654291.085932,1,0);
INSERT INTO "intents" VALUES(4,'location1',1732654291.085932,1,0);
INSERT INTO "intents" VALUES(5,'location1',1732654291.085932,1,0);
INSERT INTO "intents" VALUES(6,'location1',1732654291.085932,1,0);
INSERT INTO "intents" VALUES(7,'location1',1732654291.085932,1,0);
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
INSERT INTO "landed" VALUES(2,'location1','created','iBsAKISYbmAqv9cxXQAF',200,1,'bbe77b6e-e458-4dfe-a208-43558da71815',NULL);
INSERT INTO "landed" VALUES(3,'location1','created','xAZnnMYL9XrNMACla9qJ',200,1,'6c76f859-4d00-45d6-8a04-56fb9232db57',NULL);
INSERT INTO "landed" VALUES(4,'location1','created','isDuJwsVsxK0YJ87qDho',200,1,'127f69d3-3e37-4390-9472-43c7c03a83de',NULL);
INSERT INTO "landed" VALUES(5,'location1','created','qShQgdj2buDeAbtO8j40',200,1,'a611d48e-8cb2-4433-9bdc-0ee27c73689e',NULL);
INSERT INTO "landed" VALUES(6,'location1','created','4irkygAdOLQ3HPosvA6S',200,1,'46f3505b-598e-466f-aedf-3400fb358cea',NULL);
INSERT INTO "landed" VALUES(7,'location1','created','uRTZLVxRt4jLt3Dl7Lrm',200,1,'c012989d-3a91-44d6-ba88-1cf90a3db56b',NULL);
CREATE TABLE migrations (version INTEGER PRIMARY KEY, at REAL, tool_version TEXT);
INSERT INTO "migrations" VALUES(1,1732654290.970455,'0.1.0');
INSERT INTO "migrations" VALUES(2,1732654290.971156,'0.1.0');
INSERT INTO "migrations" VALUES(3,1732654290.971336,'0.1.0');
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
INSERT INTO "outcomes" VALUES(2,'failed','location1','iBsAKISYbmAqv9cxXQAF','workflow_failed','The contact was created, but it was not added to the workflow: The workflow is not published.','run_again',NULL,400,1,'bbe77b6e-e458-4dfe-a208-43558da71815',1);
INSERT INTO "outcomes" VALUES(3,'created','location1','xAZnnMYL9XrNMACla9qJ',NULL,NULL,'none',NULL,200,1,'6c76f859-4d00-45d6-8a04-56fb9232db57',1);
INSERT INTO "outcomes" VALUES(4,'created','location1','isDuJwsVsxK0YJ87qDho',NULL,NULL,'none',NULL,200,1,'127f69d3-3e37-4390-9472-43c7c03a83de',1);
INSERT INTO "outcomes" VALUES(5,'created','location1','qShQgdj2buDeAbtO8j40',NULL,NULL,'none',NULL,200,1,'a611d48e-8cb2-4433-9bdc-0ee27c73689e',1);
INSERT INTO "outcomes" VALUES(6,'failed','location1','4irkygAdOLQ3HPosvA6S','workflow_failed','The contact was created, but it was not added to the workflow: The workflow is not published.','run_again',NULL,400,1,'46f3505b-598e-466f-aedf-3400fb358cea',1);
INSERT INTO "outcomes" VALUES(7,'created','location1','uRTZLVxRt4jLt3Dl7Lrm',NULL,NULL,'none',NULL,200,1,'c012989d-3a91-44d6-ba88-1cf90a3db56b',1);
INSERT INTO "outcomes" VALUES(8,'failed','location1',NULL,'invalid_email','Column ''E-mail'': ''nowhere'' has no @ and is no e-mail address.','fix_row',NULL,NULL,0,NULL,1);
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
INSERT INTO "pulses" VALUES('location1',1732654291.668966,4.04533624649047851562e-01,14,0,0,6,24.3,51.6,51.6,199988);
CREATE TABLE quota_marks (
    location_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL,
    daily_remaining INTEGER
);
INSERT INTO "quota_marks" VALUES('location1',1732654292.073761,34,34,199988);
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
INSERT INTO "run" VALUES('20241126-205130-e9fe',1732654290.914032,1732654292.10186,'finished',NULL,'mapping.yaml','version: 1
fields:
  firstName: First Name
  email: E-mail
  city: City
after: {workflow: Welcome}
match: {require: [email]}
','eae5922e9dfeeb0b85e525917e2930523a9246db70bcd4d716f38f885e95e349','location1','{base_url}',0,'{"results_format": "csv", "limit": null, "concurrency": null, "changed_only": false, "full_every": null, "feed": null, "wait_for_quota": false, "max_requests": null, "verify_share": 0.0, "allow_transforms": false, "report_details": false, "output": "{folder}/import-results", "reading": {"sheet": null, "header_row": null, "encoding": null, "delimiter": null}, "stop_after_failures": null, "metrics_file": null}','0.1.0','{folder}',7,1,NULL,NULL);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    state TEXT NOT NULL,
    reason TEXT
);
INSERT INTO "sessions" VALUES(1,'run',1732654290.914032,1732654292.10186,'finished',NULL);
CREATE TABLE sources (
    "index" INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size INTEGER NOT NULL
);
INSERT INTO "sources" VALUES(0,'repairs.csv','repairs.csv','sources/0000/repairs.csv','acd6aa9b2cd676b6d7bfe2c45b8fe85d89e67bce87ee97b7e5be92be06970fd1',202);
CREATE TRIGGER keep_earlier_outcome BEFORE UPDATE ON outcomes BEGIN
    INSERT INTO earlier_outcomes
    VALUES (OLD."row", OLD.pass, OLD.status, OLD.contact_id, OLD.code, OLD.message, OLD.remedy,
            OLD.http_status, OLD.attempts, OLD.trace_id);
END;
COMMIT;
