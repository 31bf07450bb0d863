import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeConfig, loadConfig, requireSafeExposure } from '../../core/config.js';

const KEY = 'an-example-key-of-24-chars';

describe('loadConfig', () => {
  it('has a default for everything, and takes an empty variable for an absent one', () => {
    const config = loadConfig({ PORT: '', DATABASE_URL: '' });
    expect(config).toEqual({
      port: 8080,
      host: '127.0.0.1',
      dataDir: path.resolve('data'),
      databaseUrl: null,
      redisUrl: null,
      lakeUrl: null,
      paymentGateway: null,
      razorpay: null,
      webhookSecrets: [],
      webhookMaxAgeDays: 15,
      geoipFile: null,
      policyFile: null,
      maxInFlight: 2000,
      smtpUrl: null,
      mailFrom: 'HASIVU <no-reply@localhost>',
      notify: null,
      privateEndpoints: 'none',
      logLevel: 'info',
      apiKeys: [],
    });
  });

  it('reads every variable', () => {
    const config = loadConfig({
      PORT: '0',
      HOST: '0.0.0.0',
      DATA_DIR: '/srv/hasivu',
      DATABASE_URL: 'postgres://user:password@db.example.com/hasivu',
      REDIS_URL: 'redis://cache.example.com:6379',
      LAKE_URL: 'file:///srv/lake',
      RAZORPAY_KEY_ID: 'rzp_test_example',
      RAZORPAY_KEY_SECRET: 'example-secret',
      RAZORPAY_WEBHOOK_SECRET: 'current,previous',
      SMTP_URL: 'smtp://mail.example.com',
      LOG_LEVEL: 'debug',
      API_KEYS: `${KEY},${KEY}2`,
    });
    expect(config).toMatchObject({ port: 0, host: '0.0.0.0', dataDir: '/srv/hasivu', lakeUrl: '/srv/lake' });
    expect(config.paymentGateway).toBe('razorpay');
    expect(config.razorpay).toEqual({ keyId: 'rzp_test_example', keySecret: 'example-secret' });
    expect(config).toMatchObject({ webhookSecrets: ['current', 'previous'], webhookMaxAgeDays: 15 });
    expect(config).toMatchObject({ logLevel: 'debug', apiKeys: [KEY, `${KEY}2`] });
  });

  it.each([
    [{ PAYMENT_GATEWAY: 'mock' }, 'PAYMENT_GATEWAY is "mock": expected razorpay, or double'],
    [{ PAYMENT_GATEWAY: 'razorpay' }, 'RAZORPAY_KEY_ID is "": expected a key'],
    [
      { PAYMENT_GATEWAY: 'double', RAZORPAY_KEY_ID: 'rzp_live_example', RAZORPAY_KEY_SECRET: 'secret' },
      'PAYMENT_GATEWAY is "double": expected razorpay, because RAZORPAY_KEY_ID is a live key',
    ],
    [{ PORT: 'x' }, 'PORT is "x": expected a port from 0 to 65535, for instance 8080'],
    [{ PORT: '70000' }, 'PORT is "70000"'],
    [{ MAX_IN_FLIGHT: '0' }, 'MAX_IN_FLIGHT is "0": expected how many decisions may be in flight'],
    [{ POLICY_FILE: './policy.yaml' }, 'POLICY_FILE is "./policy.yaml": expected a JSON file'],
    [{ PORT: '80.5' }, 'PORT is "80.5"'],
    [{ HOST: 'a b' }, 'HOST is "a b": expected an address to listen on'],
    [{ DATABASE_URL: 'mysql://root:secret-word@db' }, 'DATABASE_URL is "[not shown]": expected postgres://'],
    [{ REDIS_URL: 'localhost' }, 'REDIS_URL is "[not shown]": expected redis://host:6379'],
    [{ LAKE_URL: 's3://bucket/lake' }, 'not supported in this version'],
    [{ LAKE_URL: 'https://example.com/lake' }, 'LAKE_URL is "https://example.com/lake": expected a folder'],
    [{ RAZORPAY_KEY_ID: 'key' }, 'RAZORPAY_KEY_ID is "key": expected a key id that begins with rzp_test_'],
    [{ RAZORPAY_KEY_ID: 'rzp_test_a' }, 'RAZORPAY_KEY_SECRET is "": expected the secret that belongs'],
    [{ RAZORPAY_KEY_SECRET: 'b' }, 'RAZORPAY_KEY_ID is "": expected the key id that belongs'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": expected one of trace, debug, info'],
    [{ API_KEYS: 'short' }, 'API_KEYS is "[not shown]": expected keys of at least 16'],
  ])('refuses %j, naming the variable and the remedy', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });

  it('never repeats a secret in its error', () => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://root:secret-word@db' })).not.toThrow('secret-word');
  });
});

describe('describeConfig', () => {
  it('says which secrets are set and shows none', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgres://u:hidden-word@db/x',
      API_KEYS: KEY,
      SMTP_URL: 'smtp://u:hidden-word@h',
    });
    const text = JSON.stringify(describeConfig(config));
    expect(text).not.toMatch(/hidden-word|an-example-key/);
    expect(describeConfig(config)).toMatchObject({ databaseUrl: 'set', apiKeys: 1, redisUrl: 'not set' });
  });
});

describe('requireSafeExposure', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('lets %s listen without keys', (host) => {
    expect(() => requireSafeExposure(loadConfig({ HOST: host }))).not.toThrow();
  });

  it('asks for keys when others can reach the port', () => {
    expect(() => requireSafeExposure(loadConfig({ HOST: '0.0.0.0' }))).toThrow('API_KEYS');
    expect(() => requireSafeExposure(loadConfig({ HOST: '0.0.0.0', API_KEYS: KEY }))).not.toThrow();
  });
});
