'use strict';

// Swagger UI searches in the names of tags only. Here an operation is found by all
// words of the search, in its path, verb, name and description.
const searchOperations = () => ({
  fn: {
    opsFilter: (tags, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (op) => {
        const told = op.get('operation');
        const text = [op.get('method'), op.get('path'), told.get('operationId'), told.get('summary'), told.get('description')]
          .join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      };
      return tags
        .map((tag) => tag.set('operations', tag.get('operations').filter(fits)))
        .filter((tag) => tag.get('operations').size > 0);
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
