'use strict';

// Swagger UI searches in the names of tags only. Here an operation is found by all
// words of the search, in its path, verb, name and description; those come first that
// have the very name, then those whose name or path begins or ends with it.
const searchOperations = () => ({
  fn: {
    opsFilter: (tags, phrase) => {
      const wanted = phrase.trim().toLowerCase();
      const words = wanted.split(/\s+/).filter(Boolean);
      const distance = (op) => {
        const name = (op.getIn(['operation', 'operationId']) ?? '').toLowerCase();
        const path = op.get('path').toLowerCase();
        if (name === wanted || path === wanted) return 0;
        if (name.startsWith(wanted) || path.endsWith('/' + wanted)) return 1;
        return name.includes(wanted) ? 2 : 3;
      };
      const nearest = (tag) => Math.min(...tag.get('operations').map(distance));
      const fits = (op) => {
        const told = op.get('operation');
        const text = [op.get('method'), op.get('path'), told.get('operationId'), told.get('summary'), told.get('description')]
          .join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      };
      return tags
        .map((tag) => tag.set('operations', tag.get('operations').filter(fits).sortBy(distance)))
        .filter((tag) => tag.get('operations').size > 0)
        .sortBy(nearest);
    },
  },
});

SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#page',
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  validatorUrl: null,
  plugins: [searchOperations],
  onComplete: () => {
    document.querySelector('.operation-filter-input').placeholder = 'Search: words of a path, a name or a description';
  },
});
