// The calls of one case, made on Powertools for TypeScript: calls.js CASE.
//
// CALLS names the calls, EVENTS has the invocations' events.
'use strict';

const { Logger } = require('@aws-lambda-powertools/logger');
const { search } = require('@aws-lambda-powertools/logger/correlationId');

const all = {
  extra(logger) {
    logger.info('with', { order_id: 7, paid: true, price: 1.5, nothing: null, empty: '' });
    logger.info('without');
  },

  append(logger) {
    logger.appendKeys({ tenant: 'acme', plan: 'free' });
    logger.info('both');
    logger.appendKeys({ tenant: 'other' });
    logger.removeKeys(['plan']);
    logger.info('one');
    logger.appendKeys({ tenant: null });
    logger.info('none');
  },

  correlation(logger) {
    logger.info('of the event');
    logger.setCorrelationId('mine');
    logger.info('set');
  },

  error(logger) {
    const error = new TypeError('no order', { cause: new Error('invalid digit') });
    logger.error('failed', error);
    logger.error('given', { error });
  },

  nested(logger) {
    logger.appendKeys({ basket: { items: [1, null, { deep: '' }], none: null } });
    logger.info('nested', { order: { id: 7, lines: ['tea', ['x']], paid: false } });
  },

  characters(logger) {
    logger.appendKeys({ schlüssel: 'ключ 🙂' });
    logger.info('47業レルし化 grüßt');
  },

  marks(logger) {
    logger.info('one\ntwo\r\n"three" \\ \t \x00\x1b[31m', { key: 'a\nb' });
  },

  levels(logger) {
    logger.debug('debug');
    logger.info('info');
    logger.warn('warn');
    logger.error('error');
  },

  reserved(logger) {
    logger.appendKeys({ level: 'LOUD', service: 'other', timestamp: 'never', location: 'nowhere' });
    logger.info('hello');
  },

  messages(logger) {
    logger.info('123');
    logger.info('true');
    logger.info('{"x":"isx"}');
    logger.info('null');
  },

  numbers(logger) {
    logger.info('finite', { small: 0.1, large: Number.MAX_SAFE_INTEGER, negative: -7 });
    logger.info('infinite', { up: Infinity });
    logger.info('none', { nan: NaN });
  },

  clear(logger, event) {
    if (event.adds) logger.appendKeys({ step: 'one' });
    logger.info('hello');
  },

  secret(logger) {
    logger.info('hello', { api_key: 'abc', user: { password: 'x', name: 'ann' } });
  },

  // There are no scopes of keys.
  scope(logger) {
    logger.appendKeys({ step: 'one' });
    logger.appendKeys({ step: 'two', more: 'yes' });
    logger.info('inside');
    logger.removeKeys(['step', 'more']);
    logger.info('outside');
  },

  buffer(logger) {
    logger.debug('d1');
    logger.info('i1');
    logger.debug('d2');
    logger.error('e1');
  },

  hello(logger) {
    logger.info('hello');
  },
};

const options = {
  always: { persistentKeys: { team: 'checkout' } },
  argument: { serviceName: 'argument' },
  buffer: { logBufferOptions: { enabled: true } },
  'buffer-untraced': { logBufferOptions: { enabled: true } },
};

const main = async () => {
  const name = process.argv[2];
  const calls = all[process.env.CALLS];
  const events = JSON.parse(process.env.EVENTS);
  const logger = new Logger({ correlationIdSearchFn: search, ...options[name] });
  // What the decorator's syntax stands for.
  const handler = { value: async (event) => calls(logger, event) };
  const correlationIdPath = name === 'correlation' ? 'requestContext.requestId' : undefined;
  logger.injectLambdaContext({ resetKeys: true, correlationIdPath })({}, 'handler', handler);
  for (const [number, event] of events.entries()) {
    await handler.value(event, {
      functionName: process.env.FUNCTION_NAME,
      memoryLimitInMB: process.env.FUNCTION_MEMORY,
      invokedFunctionArn: process.env.FUNCTION_ARN,
      awsRequestId: `request-${number}`,
      tenantId: process.env.TENANT,
    });
  }
  if (events.length === 0) calls(logger);
};

main();
