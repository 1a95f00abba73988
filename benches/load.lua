-- Requests of one user after the other: the file of tokens is the argument.

local requests = {}
local next_one = 0

function init(args)
  for line in io.lines(args[1]) do
    local token, sub = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = wrk.format("GET", nil, {
      ["x-amzn-oidc-data"] = token,
      ["x-amzn-oidc-identity"] = sub,
      ["x-amzn-oidc-accesstoken"] = string.rep("x", 1000),
    })
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("counted %d %d\n", summary.requests, failed))
end
