-- What a loan costs: /?amount=12000&rate=4.5&years=3 answers with the monthly payment, year by year what is
-- still owed, and the interest in all.
local form = require "form" -- from the same folder, which is the script's root

local function refuse(what)
  print("Status: 400 Bad Request\nContent-Type: text/plain; charset=utf-8\n")
  print(what)
end

local fields = form.fields(os.getenv("QUERY_STRING") or "")

local function number(name, least, most)
  local value = tonumber(fields[name])
  if value and value >= least and value <= most then return value end
  refuse(("say %s=N, with a number from %g to %g"):format(name, least, most))
  os.exit(true)
end

local amount = number("amount", 1, 1e9)
local rate = number("rate", 0, 100) / 100 / 12
local months = math.tointeger(number("years", 1, 50) // 1) * 12

local payment = rate == 0 and amount / months or amount * rate / (1 - (1 + rate) ^ -months)

print("Content-Type: text/plain; charset=utf-8\n")
print(("%.2f a month"):format(payment))
local owed = amount
for month = 1, months do
  owed = owed * (1 + rate) - payment
  if month % 12 == 0 then print(("after year %d: %.2f"):format(month // 12, math.max(owed, 0))) end
end
print(("interest: %.2f"):format(payment * months - amount))
