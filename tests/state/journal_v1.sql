-- A journal as the first schema wrote it: a stopped run with a created, a failed, an intended and an unreached row.
BEGIN TRANSACTION;
CREATE TABLE intents (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    first_attempt_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    exact INTEGER NOT NULL
);
INSERT INTO "intents" VALUES(2,'location1',1767323046.5,1,0);
INSERT INTO "intents" VALUES(3,'location1',1767323046.5,1,0);
INSERT INTO "intents" VALUES(4,'location1',1767323046.5,1,0);
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
CREATE TABLE migrations (version INTEGER PRIMARY KEY, at REAL, tool_version TEXT);
INSERT INTO "migrations" VALUES(1,1767323045.0,'0.1.0');
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
);
INSERT INTO "outcomes" VALUES(2,'created','location1','contact2',NULL,NULL,'none',NULL,200,1,'trace2');
INSERT INTO "outcomes" VALUES(3,'failed','location1',NULL,'service_down','No reply.','run_again','[["dropped","Dropped.","Phone"]]',503,5,NULL);
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
INSERT INTO "pulses" VALUES('location1',1767323046.0,3.0,3,0,1,2,80.0,120.0,130.0,199997);
CREATE TABLE quota_marks (
    location_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL,
    daily_remaining INTEGER
);
INSERT INTO "quota_marks" VALUES('location1',1767323049.0,3,3,199997);
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
);
INSERT INTO "run" VALUES('20260102-030405-beef',1767323045.0,1767323050.0,'stopped','SIGINT','contacts.yaml','version: 1','aa','location1','https://api.example.test',0,'{}','0.1.0','/home/ada',4);
CREATE TABLE sources (
    "index" INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size INTEGER NOT NULL
);
INSERT INTO "sources" VALUES(0,'contacts.csv','contacts.csv','sources/0.csv','bb',24);
COMMIT;
