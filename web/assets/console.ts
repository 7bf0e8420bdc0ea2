import 'htmx.org'; export {}
