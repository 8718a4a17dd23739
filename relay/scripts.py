"""What has to happen at once on the Redis server, as it runs there. KEYS and ARGV are named in each first line."""

from __future__ import annotations

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
"""

OFFER = f"""
-- KEYS record, slot, jobs; ARGV job_id, wire, lifetime_s
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
{_NOW}
redis.call('HSET', KEYS[1], 'wire', ARGV[2], 'since', now)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
redis.call('RPUSH', KEYS[3], ARGV[2])
return 1
"""

LOOK = f"""
-- KEYS record, jobs, taken; ARGV wire, lifetime_s
local of = redis.call('HMGET', KEYS[1], 'since', 'claim', 'pulse', 'share', 'answer', 'left')
if not of[1] then return false end
{_NOW}
redis.call('EXPIRE', KEYS[1], ARGV[2])
local place, since = 'away', of[6]
if of[5] then place = 'answered'
elseif of[2] then place = 'claimed'
elseif redis.call('LPOS', KEYS[2], ARGV[1]) then place = 'waiting'
elseif redis.call('LPOS', KEYS[3], ARGV[1]) then place = 'taken' end
if place ~= 'away' then
  redis.call('HDEL', KEYS[1], 'left')
  since = of[1]
elseif not since then
  since = now
  redis.call('HSET', KEYS[1], 'left', now)
end
return {{place, tostring(now - since), of[2] or '', of[3] or '0', of[4] or '0', of[5] or ''}}
"""

SORT = """
-- KEYS results, record; ARGV answer
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 'moved' end
redis.call('LPOP', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 0 then return 'over' end
if redis.call('HSETNX', KEYS[2], 'answer', ARGV[1]) == 0 then return 'again' end
return 'sorted'
"""

RESTORE = """
-- KEYS taken, jobs; ARGV wire
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1
"""

WITHDRAW = """
-- KEYS record, slot, jobs, taken; ARGV job_id, wire
redis.call('DEL', KEYS[1])
redis.call('LREM', KEYS[3], 0, ARGV[2])
redis.call('LREM', KEYS[4], 0, ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""

CLAIM = """
-- KEYS record, taken; ARGV wire, worker
if redis.call('LREM', KEYS[2], 1, ARGV[1]) == 0 then return 0 end
if redis.call('HGET', KEYS[1], 'wire') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'claim') == 1 or redis.call('HEXISTS', KEYS[1], 'answer') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'claim', ARGV[2], 'pulse', 0, 'share', 0)
return 1
"""

PULSE = """
-- KEYS record; ARGV worker, share
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'pulse', 1)
redis.call('HSET', KEYS[1], 'share', ARGV[2])
return 1
"""

ANSWER = """
-- KEYS record, results; ARGV worker, answer
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
if redis.call('HSETNX', KEYS[1], 'sent', 1) == 1 then redis.call('RPUSH', KEYS[2], ARGV[2]) end
return 1
"""

GIVE_BACK = f"""
-- KEYS record, jobs; ARGV worker, wire, to_the_end
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[1], 'sent') == 1 then return 0 end
{_NOW}
redis.call('HDEL', KEYS[1], 'claim', 'pulse', 'share')
redis.call('HSET', KEYS[1], 'since', now)
redis.call(ARGV[3] == '1' and 'RPUSH' or 'LPUSH', KEYS[2], ARGV[2])
return 1
"""
