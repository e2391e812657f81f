#include "msg_server/admin/call.h"

#include "base/log.h"

namespace talkbeat::admin {

const HttpResponse& Reply::logged(const HttpResponse& response) const {
  if (!what_.starts_with("GET ") && !what_.starts_with("HEAD ")) {
    log_info("admin", {{"conn", conn_}, {"request", what_}, {"status", response.status}});
  }
  return response;
}

}  // namespace talkbeat::admin
