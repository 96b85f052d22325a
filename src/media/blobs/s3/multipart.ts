import type { CompletedPart, Part } from "@aws-sdk/client-s3";
import type { PutOptions } from "../blob_store.ts";
import type { S3Connection } from "./connection.ts";

/** Identifies a multipart upload in S3; `key` includes the prefix. */
export interface Multipart {
  key: string;
  uploadId: string;
}

/** S3's multipart calls; handles pagination and optional fields. */
export class S3Multipart {
  constructor(readonly connection: S3Connection, readonly bucket: string) {}

  async create(key: string, options: PutOptions, tag: string): Promise<Multipart> {
    const { UploadId } = await this.connection.call((s3) =>
      s3.createMultipartUpload({
        Bucket: this.bucket,
        Key: key,
        ContentType: options.contentType,
        Metadata: { upload: tag },
      })
    );
    return { key, uploadId: UploadId! };
  }

  async putPart(upload: Multipart, number: number, body: Uint8Array): Promise<CompletedPart> {
    const { ETag } = await this.connection.call((s3) =>
      s3.uploadPart({ ...this.#name(upload), PartNumber: number, Body: body })
    );
    return { PartNumber: number, ETag };
  }

  /** Returns null if there is no such upload in progress. */
  async parts(upload: Multipart): Promise<Part[] | null> {
    const parts: Part[] = [];
    let marker: string | undefined;
    while (true) {
      const page = await this.connection.callOrNull((s3) =>
        s3.listParts({ ...this.#name(upload), PartNumberMarker: marker })
      );
      if (!page) return null;
      parts.push(...page.Parts ?? []);
      if (!page.IsTruncated) return parts;
      marker = page.NextPartNumberMarker;
    }
  }

  async complete(upload: Multipart, parts: CompletedPart[]): Promise<string> {
    const { ETag } = await this.connection.call((s3) =>
      s3.completeMultipartUpload({
        ...this.#name(upload),
        MultipartUpload: { Parts: parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) },
      })
    );
    return ETag!;
  }

  async abort(upload: Multipart): Promise<void> {
    await this.connection.callOrNull((s3) => s3.abortMultipartUpload(this.#name(upload)));
  }

  /** Yields all uploads that were started before the time (epoch ms). */
  async *startedBefore(prefix: string, before: number): AsyncGenerator<Multipart> {
    let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
    while (true) {
      const page = await this.connection.call((s3) =>
        s3.listMultipartUploads({ Bucket: this.bucket, Prefix: prefix, ...from })
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Initiated!.getTime() < before) yield { key: Key!, uploadId: UploadId! };
      }
      if (!page.IsTruncated) return;
      from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  #name(upload: Multipart) {
    return { Bucket: this.bucket, Key: upload.key, UploadId: upload.uploadId };
  }
}
