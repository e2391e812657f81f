#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace talkbeat {

/// JSON as every page, tool and file of TalkBeat has it: UTF-8 whatever bytes are in it, and what orders a terminal
/// about (see orders_a_terminal) escaped, so that a name shown by curl or `--json` moves no cursor. A reader gets the
/// same strings. `indent`: spaces a level; -1 writes one line. A pure function.
std::string json_text(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace talkbeat
