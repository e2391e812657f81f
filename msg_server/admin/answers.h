#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/http_response.h"
#include "msg_server/store/store_result.h"

namespace talkbeat::admin {

using Json = nlohmann::ordered_json;

// What the administration API answers: JSON, and for what it does not do, {"error": …, "hint": …} with the status that
// fits. Bytes of the store that are no UTF-8 are shown with signs of replacement. Pure; any thread.

HttpResponse json_answer(int status, const Json& json);

/// `error`: what is wrong; `hint`: what to do about it, where that is not plain.
HttpResponse refusal(int status, const std::string& error, const std::string& hint = "");
/// 400, about one field of the body or one parameter of the query.
HttpResponse field_refusal(const std::string& field, const std::string& why);
/// What to do about a "busy" of which nothing was done.
inline constexpr const char* kNothingDone = "nothing was done: try again";
/// 503 with Retry-After.
HttpResponse busy(const std::string& why, const std::string& hint = kNothingDone);
/// What the store refused: 409, 422, or 503 where it can do nothing now; `busy_hint` says then what was done before.
HttpResponse store_refusal(StoreError error, const std::string& busy_hint = kNothingDone);

}  // namespace talkbeat::admin
