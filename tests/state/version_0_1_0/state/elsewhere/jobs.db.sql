BEGIN TRANSACTION;
CREATE TABLE dealt_with (
    job TEXT NOT NULL, reference TEXT NOT NULL, size INTEGER, modified_at REAL, PRIMARY KEY (job, reference)
) WITHOUT ROWID;
INSERT INTO "dealt_with" VALUES('crm','{folder}/in/night-1.csv',312,1731928000.0);
CREATE TABLE jobs (
    name TEXT PRIMARY KEY, accounted_until REAL NOT NULL, health TEXT NOT NULL, since REAL NOT NULL,
    open_run TEXT, open_due REAL, open_file TEXT, attempt INTEGER NOT NULL, next_at REAL
) WITHOUT ROWID;
INSERT INTO "jobs" VALUES('crm',1732654286.262133,'well',1732654288.549762,NULL,1732606200.0,'{"reference": "{folder}/in/night-2.csv", "name": "night-2.csv", "size": 647, "modified_at": 1732008000.0, "fingerprint": "1f61c6b54b05083b6489cad970040f359e8dc3d2341a601901a039a30951dd6f", "copy": "{folder}/state/incoming/crm/1f61c6b54b05/night-2.csv"}',0,1732654294.591046);
CREATE TABLE occasions (
    number INTEGER PRIMARY KEY, job TEXT NOT NULL, due_at REAL NOT NULL, began_at REAL NOT NULL, ended_at REAL NOT NULL,
    result TEXT NOT NULL, run_id TEXT, file TEXT, sentence TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, skipped INTEGER NOT NULL, failed INTEGER NOT NULL,
    pending INTEGER NOT NULL, requests INTEGER NOT NULL
);
INSERT INTO "occasions" VALUES(1,'crm',1732606200.0,1732654286.266026,1732654288.549762,'finished','20241126-205126-734c','night-1.csv','10 rows: 9 created, 0 updated, 0 skipped, 1 failed.',9,0,0,1,0,20);
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, channel TEXT NOT NULL, notice TEXT NOT NULL, attempts INTEGER NOT NULL, next_at REAL NOT NULL
);
CREATE TABLE tagged (
    job TEXT NOT NULL, contact_id TEXT NOT NULL, PRIMARY KEY (job, contact_id)
) WITHOUT ROWID;
CREATE TABLE totals (
    job TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (job, name)
) WITHOUT ROWID;
INSERT INTO "totals" VALUES('crm','created',9);
INSERT INTO "totals" VALUES('crm','failed',1);
INSERT INTO "totals" VALUES('crm','requests',20);
INSERT INTO "totals" VALUES('crm','result finished',1);
CREATE INDEX occasions_by_job ON occasions (job, number);
COMMIT;
