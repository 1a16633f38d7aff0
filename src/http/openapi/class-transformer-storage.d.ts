// The one part of class-transformer that is not typed from outside: where `@Type` is remembered.
declare module "class-transformer/cjs/storage.js" {
  export const defaultMetadataStorage: import("class-transformer/types/MetadataStorage.js").MetadataStorage;
}
