-- Reads what HTML forms send, in a query or in a body.
local form = {}

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- The fields of "a=1&b=two" by their names; of several with one name, the last.
function form.fields(text)
  local fields = {}
  for name, value in text:gmatch("([^&=]+)=([^&]*)") do
    fields[decode(name)] = decode(value)
  end
  return fields
end

return form
