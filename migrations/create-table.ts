// Creates one table from column texts that mean the same on both databases.
import { type QueryRunner, Table, TableIndex } from "typeorm";

export interface TableText {
  /** name: "varchar(40)", "int = 0", "bigint null". */
  columns: Record<string, string>;
  primaryKey: string[];
  unique?: Record<string, string[]>;
  indexes?: Record<string, string[]>;
}

/**
 * Can be repeated: MySQL commits each DDL statement by itself, so a migration that was cut off starts again from
 * its first line. Text columns are compared byte by byte on both (measured: MariaDB's default makes 'A ' equal 'a').
 */
export async function createTable(queryRunner: QueryRunner, name: string, table: TableText): Promise<void> {
  if (await queryRunner.hasTable(name)) return;
  const sqlite = queryRunner.dataSource.options.type === "better-sqlite3";
  await queryRunner.createTable(
    new Table({
      name,
      engine: sqlite ? undefined : engineOf(queryRunner),
      columns: Object.entries(table.columns).map(([column, words]) => ({
        ...columnOf(words, sqlite),
        name: column,
        isPrimary: table.primaryKey.includes(column),
        primaryKeyConstraintName: `pk_${name}`,
      })),
      uniques: sqlite ? uniquesOf(table) : [],
      indices: [
        ...(sqlite ? [] : uniquesOf(table).map((unique) => ({ ...unique, isUnique: true }))),
        ...Object.entries(table.indexes ?? {}).map(([index, columnNames]) => ({ name: index, columnNames })),
      ].map((index) => new TableIndex(index)),
    }),
    false,
    false,
    true,
  );
}

/**
 * The plain utf8mb4_bin ignores trailing blanks (measured); each server has its own name for one that does not. TypeORM has
 * no word for a table's collation, and puts this behind `ENGINE=`: in a statement of its own, a process that was killed
 * between the two would leave a table that the next one takes for made.
 */
function engineOf(queryRunner: QueryRunner): string {
  const mariadb = queryRunner.dataSource.options.type === "mariadb";
  const collation = mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  return `InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`;
}

function uniquesOf(table: TableText): { name: string; columnNames: string[] }[] {
  return Object.entries(table.unique ?? {}).map(([name, columnNames]) => ({ name, columnNames }));
}

function columnOf(words: string, sqlite: boolean) {
  const match = /^(\w+)(?:\((\d+)\))?( null)?(?: = (\S+))?$/.exec(words);
  if (!match) throw new Error(`not a column text: ${words}`);
  const [, type, length, isNull, value] = match;
  return {
    type: type === "int" && sqlite ? "integer" : type!,
    length,
    isNullable: isNull !== undefined,
    default: value,
  };
}
