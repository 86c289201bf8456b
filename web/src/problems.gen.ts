// Code generated from internal/problem by make gen. DO NOT EDIT.

/** The `type` of a problem document, by kind. */
export const problems = {
  InternalError: { type: "https://uri.etsi.org/ngsi-ld/errors/InternalError", status: 500 },
  InvalidRequest: { type: "https://uri.etsi.org/ngsi-ld/errors/InvalidRequest", status: 400 },
  BadRequestData: { type: "https://uri.etsi.org/ngsi-ld/errors/BadRequestData", status: 400 },
  TooComplexQuery: { type: "https://uri.etsi.org/ngsi-ld/errors/TooComplexQuery", status: 403 },
  TooManyResults: { type: "https://uri.etsi.org/ngsi-ld/errors/TooManyResults", status: 403 },
  ResourceNotFound: { type: "https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound", status: 404 },
  NonexistentTenant: { type: "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant", status: 404 },
  AlreadyExists: { type: "https://uri.etsi.org/ngsi-ld/errors/AlreadyExists", status: 409 },
  Conflict: { type: "https://uri.etsi.org/ngsi-ld/errors/Conflict", status: 409 },
  OperationNotSupported: { type: "https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported", status: 422 },
  NoMultiTenantSupport: { type: "https://uri.etsi.org/ngsi-ld/errors/NoMultiTenantSupport", status: 501 },
  LdContextNotAvailable: { type: "https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable", status: 504 },
  Unauthenticated: { type: "https://beffroi.eu/errors/Unauthenticated", status: 401 },
  Forbidden: { type: "https://beffroi.eu/errors/Forbidden", status: 403 },
  MethodNotAllowed: { type: "https://beffroi.eu/errors/MethodNotAllowed", status: 405 },
  NotAcceptable: { type: "https://beffroi.eu/errors/NotAcceptable", status: 406 },
  LengthRequired: { type: "https://beffroi.eu/errors/LengthRequired", status: 411 },
  TooLarge: { type: "https://beffroi.eu/errors/TooLarge", status: 413 },
  UnsupportedMediaType: { type: "https://beffroi.eu/errors/UnsupportedMediaType", status: 415 },
  PreconditionFailed: { type: "https://beffroi.eu/errors/PreconditionFailed", status: 412 },
  Gone: { type: "https://beffroi.eu/errors/Gone", status: 410 },
  TooManyRequests: { type: "https://beffroi.eu/errors/TooManyRequests", status: 429 },
  NotImplemented: { type: "https://beffroi.eu/errors/NotImplemented", status: 501 },
  Unavailable: { type: "https://beffroi.eu/errors/Unavailable", status: 503 },
  OutOfSpace: { type: "https://beffroi.eu/errors/OutOfSpace", status: 507 },
  CursorLost: { type: "https://beffroi.eu/errors/CursorLost", status: 410 },
} as const;

/** The name of a kind of failure. */
export type ProblemKind = keyof typeof problems;
