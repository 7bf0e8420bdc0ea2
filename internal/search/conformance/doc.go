// Package conformance asks the in-process search server, and a real Meilisearch where MEILI_URL names one, the same questions of Meilisearch's HTTP API.
package conformance
