#include "tests/scenario/file_client.h"

#include <gtest/gtest.h>

#include <deque>

namespace talkbeat::scenario {

std::string some_bytes(size_t count) {
  std::string bytes(count, '\0');
  uint32_t state = 12345;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

IM::File::IMFileRsp offer(WireClient& client, uint32_t to, const std::string& name, uint32_t size,
                          IM::BaseDefine::TransferFileType mode) {
  IM::File::IMFileReq request;
  request.set_from_user_id(client.user_id());
  request.set_to_user_id(to);
  request.set_file_name(name);
  request.set_file_size(size);
  request.set_trans_mode(mode);
  return client.ask<IM::File::IMFileRsp>(request);
}

IM::File::IMFileHasOfflineRsp offline_files_of(WireClient& client) {
  IM::File::IMFileHasOfflineReq request;
  request.set_user_id(client.user_id());
  return client.ask<IM::File::IMFileHasOfflineRsp>(request);
}

void delete_offline_file(WireClient& client, const std::string& task_id) {
  IM::File::IMFileDelOfflineReq request;
  request.set_from_user_id(0);
  request.set_to_user_id(0);
  request.set_task_id(task_id);
  client.send(request);
}

FileClient::FileClient(uint16_t port, uint32_t user, const std::string& task_id, IM::BaseDefine::ClientFileRole role,
                       IM::BaseDefine::FileServerError expected)
    : wire_(port), user_(user), task_id_(task_id) {
  IM::File::IMFileLoginReq request;
  request.set_user_id(user);
  request.set_task_id(task_id);
  request.set_file_role(role);
  wire_.send(request);
  const auto answer = wire_.expect<IM::File::IMFileLoginRsp>();
  EXPECT_EQ(answer.result_code(), static_cast<uint32_t>(expected));
  EXPECT_EQ(answer.task_id(), task_id);
}

uint16_t FileClient::ask(uint32_t offset, uint32_t size) {
  IM::File::IMFilePullDataReq request;
  request.set_task_id(task_id_);
  request.set_user_id(user_);
  request.set_trans_mode(IM::BaseDefine::FILE_TYPE_ONLINE);
  request.set_offset(offset);
  request.set_data_size(size);
  return wire_.send(request);
}

std::string FileClient::pull_all(uint32_t begin, uint32_t file_size, uint32_t piece) {
  std::string content;
  std::deque<uint16_t> asked;
  uint32_t next = begin;
  while (begin + content.size() < file_size) {
    for (; asked.size() < 4 && next < file_size; next += std::min(piece, file_size - next)) {
      asked.push_back(ask(next, piece));
    }
    const auto part = answer(asked.front());
    asked.pop_front();
    if (part.result_code() != 0) throw Unexpected("a piece was refused: " + std::to_string(part.result_code()));
    if (part.offset() != begin + content.size()) throw Unexpected("a piece out of order");
    content += part.file_data();
  }
  return content;
}

void FileClient::say(IM::BaseDefine::ClientFileState state) {
  IM::File::IMFileState message;
  message.set_state(state);
  message.set_task_id(task_id_);
  message.set_user_id(user_);
  wire_.send(message);
}

void FileClient::give(uint32_t offset, std::string_view bytes, uint16_t seq, uint32_t code) {
  IM::File::IMFilePullDataRsp response;
  response.set_result_code(code);
  response.set_task_id(task_id_);
  response.set_user_id(user_);
  response.set_offset(offset);
  response.set_file_data(std::string(bytes));
  wire_.send_raw(encode(response, seq));
}

uint32_t FileClient::serve_one(std::string_view content) {
  const auto request = wire_.expect<IM::File::IMFilePullDataReq>();
  give(request.offset(), content.substr(request.offset(), request.data_size()));
  return request.offset();
}

void upload(uint16_t port, uint32_t user, const std::string& task_id, std::string_view content) {
  FileClient client(port, user, task_id, IM::BaseDefine::CLIENT_OFFLINE_UPLOAD);
  size_t given = content.empty() ? 0 : client.serve_one(content);
  const size_t piece = 256 << 10;
  for (given = std::min(content.size(), given + piece); given < content.size(); given += piece)
    client.serve_one(content);
  EXPECT_EQ(client.heard(), IM::BaseDefine::CLIENT_FILE_DONE);
  client.wire().expect_close();
}

}  // namespace talkbeat::scenario
