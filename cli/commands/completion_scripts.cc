#include <map>

#include "cli/commands/completion.h"

namespace skiff::cli {
namespace {

/// How a shell writes a string that means itself.
std::string inShellQuotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

/// fish takes \' and \\ inside quotes, and nothing else.
std::string inFishQuotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

/// What `skiff complete-names` is asked for; empty if it knows nothing of that kind.
std::string_view namesFor(std::string_view kind) {
  if (kind == "APP") return "apps";
  if (kind == "TENANT") return "tenants";
  if (kind == "HOST") return "hosts";
  return {};
}

bool isFile(std::string_view kind) {
  return kind.starts_with("FILE") || kind == "PATH";
}

/// The paths of all commands as the alternatives of a case: 'skiff apps'|'skiff apps list'.
std::string paths(const std::vector<CompletionNode>& nodes) {
  std::string out;
  for (const CompletionNode& node : nodes) {
    if (&node == &nodes.front()) continue;
    out += (out.empty() ? "" : "|") + inShellQuotes(node.path);
  }
  return out;
}

/// The options that take a value of each kind, as alternatives of a case.
std::map<std::string, std::string> optionsByKind(const std::vector<CompletionNode>& nodes) {
  std::map<std::string, std::string> byKind;
  for (const CompletionNode& node : nodes) {
    for (const CompletionOption& option : node.options) {
      if (option.value.empty()) continue;
      for (const std::string& name : option.names) {
        const std::string kind = isFile(option.value) ? "FILE" : option.value;
        const std::string_view names = namesFor(kind);
        std::string& list = byKind[names.empty() && kind != "FILE" ? "" : kind];
        if (("|" + list + "|").find("|" + name + "|") != std::string::npos) continue;
        list += (list.empty() ? "" : "|") + name;
      }
    }
  }
  return byKind;
}

/// Where a command stands, by the words before the cursor: the loop of bash and of zsh.
std::string loop(const std::vector<CompletionNode>& nodes, std::string_view first,
                 std::string_view last, std::string_view word) {
  return "  local at=skiff i\n  for ((i = " + std::string(first) + "; i < " + std::string(last) +
         "; i++)); do\n    case \"$at " + std::string(word) + "\" in\n      " + paths(nodes) +
         ") at=\"$at " + std::string(word) + "\" ;;\n    esac\n  done\n";
}

}  // namespace

std::string bashCompletion(const std::vector<CompletionNode>& nodes) {
  std::string out =
      "# Completion of skiff for bash: source <(skiff completion bash)\n"
      "_skiff() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= names= "
      "files=\n  COMPREPLY=()\n" +
      loop(nodes, "1", "COMP_CWORD", "${COMP_WORDS[i]}") + "  case $prev in\n";
  for (const auto& [kind, options] : optionsByKind(nodes)) {
    const std::string_view names = namesFor(kind);
    out += "    " + options + ")";
    if (!names.empty()) out += " names=" + std::string(names);
    if (kind == "FILE") out += " files=yes";
    out += " at= ;;\n";
  }
  out += "  esac\n  case $at in\n";
  for (const CompletionNode& node : nodes) {
    std::string words;
    for (const auto& [name, description] : node.commands) words += name + " ";
    std::string options;
    for (const CompletionOption& option : node.options) {
      for (const std::string& name : option.names) options += name + " ";
    }
    out += "    " + inShellQuotes(node.path) +
           ")\n      [[ $cur == -* ]] && words=" + inShellQuotes(options) +
           " || words=" + inShellQuotes(words);
    const std::string_view names = namesFor(node.argument);
    if (!names.empty()) out += "\n      [[ $cur == -* ]] || names=" + std::string(names);
    if (isFile(node.argument)) out += "\n      [[ $cur == -* ]] || files=yes";
    out += " ;;\n";
  }
  out +=
      "  esac\n"
      "  [[ -n $names ]] && words+=\" $(skiff complete-names $names 2>/dev/null)\"\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ -n $files ]] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
      "}\n"
      "complete -o filenames -F _skiff skiff\n";
  return out;
}

std::string zshCompletion(const std::vector<CompletionNode>& nodes) {
  std::string out =
      "#compdef skiff\n"
      "# Completion of skiff for zsh: source <(skiff completion zsh), or this as _skiff in $fpath\n"
      "_skiff() {\n" +
      loop(nodes, "2", "CURRENT", "${words[i]}") +
      "  local names= files=\n  local -a commands options\n"
      "  case ${words[CURRENT-1]} in\n";
  for (const auto& [kind, options] : optionsByKind(nodes)) {
    const std::string_view names = namesFor(kind);
    out += "    " + options + ")";
    if (!names.empty()) out += " names=" + std::string(names);
    if (kind == "FILE") out += " files=yes";
    out += " at= ;;\n";
  }
  out += "  esac\n  case $at in\n";
  // _describe splits at the first colon that has no backslash.
  const auto entry = [](const std::string& name, const std::string& description) {
    return "        " + inShellQuotes(name + ":" + description) + "\n";
  };
  for (const CompletionNode& node : nodes) {
    out += "    " + inShellQuotes(node.path) + ")\n      commands=(\n";
    for (const auto& [name, description] : node.commands) out += entry(name, description);
    out += "      )\n      options=(\n";
    for (const CompletionOption& option : node.options) {
      for (const std::string& name : option.names) out += entry(name, option.description);
    }
    out += "      )\n";
    const std::string_view names = namesFor(node.argument);
    if (!names.empty()) out += "      names=" + std::string(names) + "\n";
    if (isFile(node.argument)) out += "      files=yes\n";
    out += "      ;;\n";
  }
  out +=
      "  esac\n"
      "  if [[ $PREFIX == -* ]]; then\n    _describe option options\n    return\n  fi\n"
      "  (( $#commands )) && _describe command commands\n"
      "  [[ -n $names ]] && compadd -- ${(f)\"$(skiff complete-names $names 2>/dev/null)\"}\n"
      "  [[ -n $files ]] && _files\n"
      "}\n"
      "if [[ $funcstack[1] == _skiff ]]; then _skiff \"$@\"; else compdef _skiff skiff; fi\n";
  return out;
}

std::string fishCompletion(const std::vector<CompletionNode>& nodes) {
  std::string out =
      "# Completion of skiff for fish: skiff completion fish | source\n"
      "function __skiff_at\n"
      "  set -l at skiff\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$at $word\"\n      case";
  for (const CompletionNode& node : nodes) {
    if (&node != &nodes.front()) out += " " + inFishQuotes(node.path);
  }
  out +=
      "\n        set at \"$at $word\"\n    end\n  end\n"
      "  test \"$at\" = \"$argv[1]\"\nend\ncomplete -c skiff -f\n";
  const auto valuesOf = [](std::string_view kind) -> std::string {
    const std::string_view names = namesFor(kind);
    if (names.empty()) return {};
    return " -a '(skiff complete-names " + std::string(names) + " 2>/dev/null)'";
  };
  for (const CompletionNode& node : nodes) {
    const std::string begin =
        "complete -c skiff -n " + inFishQuotes("__skiff_at \"" + node.path + "\"");
    for (const auto& [name, description] : node.commands) {
      out += begin + " -a " + name + " -d " + inFishQuotes(description) + "\n";
    }
    if (const std::string values = valuesOf(node.argument); !values.empty()) {
      out += begin + values + "\n";
    }
    if (isFile(node.argument)) out += begin + " -F\n";
    for (const CompletionOption& option : node.options) {
      out += begin;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.value.empty()) {
        out += isFile(option.value) ? " -r -F" : " -x" + valuesOf(option.value);
      }
      out += " -d " + inFishQuotes(option.description) + "\n";
    }
  }
  return out;
}

}  // namespace skiff::cli
