// The column kinds that both databases understand alike; entities and migrations are written with these only.
import type { ColumnOptions } from "typeorm";

/** Options of one column. Every kind here gives an empty schema difference on SQLite, MariaDB and MySQL. */
type Kind = (name: string, more?: ColumnOptions) => ColumnOptions;

export const varchar = (name: string, length: number, more: ColumnOptions = {}): ColumnOptions => ({
  name,
  type: "varchar",
  length,
  ...more,
});
/** Up to 64 KB of text on MySQL: longer values are cut or chunked before they come here. */
export const text: Kind = (name, more = {}) => ({ name, type: "text", ...more });
export const int: Kind = (name, more = {}) => ({ name, type: "int", ...more });
/** Instants (epoch ms), sizes and record counts: whole numbers up to 2^53 - 1. */
export const bigint: Kind = (name, more = {}) => ({ name, type: "bigint", ...more });
export const double: Kind = (name, more = {}) => ({ name, type: "double", ...more });
/** JSON text without a practical bound (LONGTEXT or JSON on MySQL). */
export const json: Kind = (name, more = {}) => ({ name, type: "json", ...more });
/** At most 60,000 bytes a row: larger contents are stored as numbered chunks. */
export const blob: Kind = (name, more = {}) => ({ name, type: "blob", ...more });

export const nullable = { nullable: true } as const;
export const primary = { primary: true } as const;
export const zero = { default: 0 } as const;

/** Contents are split into rows of at most this many bytes (BLOB and TEXT hold 65,535 on MySQL). */
export const CHUNK_BYTES = 60_000;
