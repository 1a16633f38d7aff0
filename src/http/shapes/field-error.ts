// The shape of one wrong field.
import { named, object, text } from "./shape.ts";

export const FIELD_ERROR = named(
  "FieldError",
  object({
    pointer: text("JSON pointer into the body; /query/… for a query parameter"),
    code: text(),
    message: text(),
  }),
);
