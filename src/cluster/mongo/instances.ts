import type { Db } from "mongodb";
import type { InstanceRow, InstanceTable } from "../shared/instances.ts";

type Document = Omit<InstanceRow, "id"> & { _id: string; version: string };

/** The collection `instances`. Rows stay until their instance's data has been swept. */
export function mongoInstanceTable(db: Db): InstanceTable {
  const rows = db.collection<Document>("instances");
  const toDocument = ({ id, ...row }: InstanceRow): Document => {
    return { _id: id, ...row, version: crypto.randomUUID() };
  };
  return {
    async list() {
      return (await rows.find().toArray()).map(({ _id, ...row }) => ({ id: _id, ...row }));
    },
    async write(row) {
      const document = toDocument(row);
      await rows.replaceOne({ _id: row.id }, document, { upsert: true });
      return document.version;
    },
    async replace(row, version) {
      const document = toDocument(row);
      const { matchedCount } = await rows.replaceOne({ _id: row.id, version }, document);
      return matchedCount === 1 ? document.version : null;
    },
    async remove(id) {
      await rows.deleteOne({ _id: id });
    },
  };
}
