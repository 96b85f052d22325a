import type { SchemaStep } from "./step.ts";

/** The expression of `countedBytes` in model/media.ts. */
const bytes = (row: "OLD" | "NEW" | "media") =>
  `CASE WHEN ${row}.status <> 'deleting' OR ${row}.upload ->> '$.method' = 'put'
    THEN ${row}.size ELSE 0 END`;

/**
 * Storage usage of each person's uploads, maintained by triggers so that no write can miss it; and
 * the upload whose bytes a row has, since a forwarded file shares those of the one that was sent.
 */
export const step: SchemaStep = `
CREATE TABLE storage_usage (
  userId TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  openUploads INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO storage_usage
  SELECT ownerId, SUM(${bytes("media")}), SUM(status = 'pending') FROM media GROUP BY ownerId;

ALTER TABLE media ADD COLUMN blobId TEXT NOT NULL DEFAULT '';
UPDATE media SET blobId = id;
CREATE INDEX media_of_blob ON media (blobId);

CREATE TRIGGER media_created AFTER INSERT ON media BEGIN
  INSERT INTO storage_usage VALUES (NEW.ownerId, ${bytes("NEW")}, NEW.status = 'pending')
    ON CONFLICT (userId) DO UPDATE SET
      bytes = bytes + excluded.bytes, openUploads = openUploads + excluded.openUploads;
END;
CREATE TRIGGER media_updated AFTER UPDATE OF size, status, upload ON media BEGIN
  UPDATE storage_usage SET
    bytes = bytes + ${bytes("NEW")} - ${bytes("OLD")},
    openUploads = openUploads + (NEW.status = 'pending') - (OLD.status = 'pending')
    WHERE userId = NEW.ownerId;
END;
CREATE TRIGGER media_removed AFTER DELETE ON media BEGIN
  UPDATE storage_usage SET
    bytes = bytes - ${bytes("OLD")}, openUploads = openUploads - (OLD.status = 'pending')
    WHERE userId = OLD.ownerId;
  DELETE FROM storage_usage WHERE userId = OLD.ownerId AND bytes <= 0 AND openUploads <= 0;
END;
`;
