#include "tools/client/file_requests.h"

namespace talkbeat {

using namespace IM::BaseDefine;

namespace {

template <class List>
std::vector<Address> addresses_in(const List& list, bool tls) {
  std::vector<Address> addresses;
  for (const auto& entry : list) {
    const uint32_t port = tls ? entry.tls_port() : entry.port();
    if (port > 0 && port <= UINT16_MAX) addresses.push_back({entry.ip(), static_cast<uint16_t>(port)});
  }
  return addresses;
}

}  // namespace

FileOffer offer_in(const IM::File::IMFileNotify& notify, bool tls) {
  return {.from = notify.from_user_id(),
          .to = notify.to_user_id(),
          .name = notify.file_name(),
          .size = notify.file_size(),
          .task_id = notify.task_id(),
          .servers = addresses_in(notify.ip_addr_list(), tls),
          .offline = notify.trans_mode() == FILE_TYPE_OFFLINE};
}

std::vector<FileOffer> offers_in(const IM::File::IMFileHasOfflineRsp& answer, uint32_t user, bool tls) {
  const std::vector<Address> servers = addresses_in(answer.ip_addr_list(), tls);
  std::vector<FileOffer> offers;
  for (const auto& file : answer.offline_file_list()) {
    offers.push_back({.from = file.from_user_id(),
                      .to = user,
                      .name = file.file_name(),
                      .size = file.file_size(),
                      .task_id = file.task_id(),
                      .servers = servers,
                      .offline = true});
  }
  return offers;
}

std::string words_for_result(uint32_t result_code) {
  switch (result_code) {
    case ERROR_NOT_ALLOWED:
      return "you may not do that";
    case ERROR_MESSAGE_TO_SELF:
      return "that is yourself";
    case ERROR_UNKNOWN_USER:
      return "there is no such user";
    case ERROR_NOT_MEMBER:
      return "there is no such group, or you are not in it";
    case ERROR_RATE_LIMITED:
      return "too many requests; wait a moment";
    case ERROR_BUSY:
      return "the server has too much to do; try again in a moment";
    case ERROR_UNAVAILABLE:
      return "the server cannot do it now; try again in a moment";
    case ERROR_INVALID_ARGUMENT:
      return "the server does not take that value";
    case ERROR_NOT_SUPPORTED:
      return "the server does not offer that";
    case ERROR_LIMIT_REACHED:
      return "that is more than the server allows";
    case ERROR_NOT_ONLINE:
      return "they are not online";
    default:
      return "the server refused it (code " + std::to_string(result_code) + ")";
  }
}

std::string words_for_file_error(uint32_t result_code) {
  switch (result_code) {
    case FILE_SERVER_ERRNO_CREATE_TASK_ERROR:
      return "the server has too much to do with files";
    case FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN:
    case FILE_SERVER_ERRNO_PULL_DATA_WITH_INVALID_TASK_ID:
      return "the server does not know this file (any more)";
    case FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK:
    case FILE_SERVER_ERRNO_PULL_DATA_ILLIEAGE_USER:
      return "this file is between others";
    case FILE_SERVER_ERRNO_PULL_DATA_MKDIR_ERROR:
    case FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR:
    case FILE_SERVER_ERRNO_PULL_DATA_READ_FILE_HEADER_ERROR:
    case FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR:
      return "the server cannot read or write its copy of the file";
    default:
      return "the server refused the file (code " + std::to_string(result_code) + ")";
  }
}

bool is_for_the_moment(const TbError& error) {
  return error.retry_after_ms() > 0 || is_for_the_moment(static_cast<uint32_t>(error.code()));
}

bool is_for_the_moment(uint32_t result_code) {
  return result_code == ERROR_RATE_LIMITED || result_code == ERROR_BUSY || result_code == ERROR_UNAVAILABLE;
}

}  // namespace talkbeat
