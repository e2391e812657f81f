#pragma once

#include "tests/contract/temporary_directory.h"
#include "tests/unit/msg_server_fixture.h"

/// A msg_server with a directory for files; alice and bob are there, and their second connections are opened by the
/// tests.
namespace talkbeat::msg_server_test {

using namespace IM::File;

class TransferTest : public MsgServerTest {
 protected:
  TransferTest() {
    config.files.path = directory.path() + "/files";
    config.files.max_chunk = 4 << 10;
    config.files.min_free = 0;
    EXPECT_TRUE(transfers.start().ok());
  }

  static IMFileReq offer_to(UserId to, uint32_t size, TransferFileType mode, const std::string& name = "cat.png") {
    IMFileReq request;
    request.set_from_user_id(0);
    request.set_to_user_id(to);
    request.set_file_name(name);
    request.set_file_size(size);
    request.set_trans_mode(mode);
    return request;
  }
  IMFileRsp offer(TestClient& client, const IMFileReq& request) {
    client.send(request);
    return expect<IMFileRsp>(client);
  }
  /// The task's id; alice offers it to bob.
  std::string offered(uint32_t size, TransferFileType mode) {
    const IMFileRsp response = offer(*alice, offer_to(bob_id, size, mode));
    EXPECT_EQ(response.result_code(), 0u);
    EXPECT_EQ(response.ip_addr_list_size(), 1);
    return response.task_id();
  }

  std::unique_ptr<TestClient> open(UserId user, const std::string& task, ClientFileRole role, uint32_t expected = 0) {
    auto client = connect();
    IMFileLoginReq request;
    request.set_user_id(user);
    request.set_task_id(task);
    request.set_file_role(role);
    client->send(request);
    const auto response = expect<IMFileLoginRsp>(*client);
    EXPECT_EQ(response.result_code(), expected);
    EXPECT_EQ(response.task_id(), task);
    return client;
  }
  std::unique_ptr<TestClient> open_sender(const std::string& task) {
    return open(alice_id, task, CLIENT_REALTIME_SENDER);
  }
  std::unique_ptr<TestClient> open_receiver(const std::string& task) {
    return open(bob_id, task, CLIENT_REALTIME_RECVER);
  }
  std::unique_ptr<TestClient> open_upload(const std::string& task) {
    return open(alice_id, task, CLIENT_OFFLINE_UPLOAD);
  }
  std::unique_ptr<TestClient> open_download(const std::string& task) {
    return open(bob_id, task, CLIENT_OFFLINE_DOWNLOAD);
  }

  static IMFileState state(const std::string& task, ClientFileState value) {
    IMFileState message;
    message.set_state(value);
    message.set_task_id(task);
    message.set_user_id(0);
    return message;
  }
  static IMFilePullDataReq pull(const std::string& task, uint32_t offset, uint32_t size) {
    IMFilePullDataReq request;
    request.set_task_id(task);
    request.set_user_id(0);
    request.set_trans_mode(FILE_TYPE_ONLINE);
    request.set_offset(offset);
    request.set_data_size(size);
    return request;
  }
  static IMFilePullDataRsp data(const std::string& task, uint32_t offset, const std::string& bytes, uint32_t code = 0) {
    IMFilePullDataRsp response;
    response.set_result_code(code);
    response.set_task_id(task);
    response.set_user_id(0);
    response.set_offset(offset);
    response.set_file_data(bytes);
    return response;
  }
  void expect_state(TestClient& client, ClientFileState value) {
    EXPECT_EQ(expect<IMFileState>(client).state(), value);
  }
  void expect_refused_pull(TestClient& client, FileServerError code) {
    const auto response = expect<IMFilePullDataRsp>(client);
    EXPECT_EQ(response.result_code(), static_cast<uint32_t>(code));
    EXPECT_EQ(response.file_data(), "");
  }
  /// Answers one pull of the server or the receiver with what `content` has there. False: there was none.
  bool serve_one(TestClient& client, const std::string& task, const std::string& content) {
    PduHeader header;
    client.receive();
    const auto request = client.take<IMFilePullDataReq>(&header);
    if (!request) return false;
    EXPECT_EQ(request->task_id(), task);
    client.send(data(task, request->offset(), content.substr(request->offset(), request->data_size())));
    return true;
  }
  /// Uploads the whole file.
  void upload(const std::string& task, const std::string& content) {
    auto client = open_upload(task);
    EXPECT_TRUE(until([&] {
      serve_one(*client, task, content);
      return client->waiting<IMFileState>() > 0;
    }));
    expect_state(*client, CLIENT_FILE_DONE);
    expect_end(*client);
  }
  /// A file of alice's that waits for bob.
  std::string uploaded(const std::string& content) {
    const std::string task = offered(static_cast<uint32_t>(content.size()), FILE_TYPE_OFFLINE);
    upload(task, content);
    return task;
  }
  size_t files_on_disk() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(config.files.path)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
  static std::string some_bytes(size_t count) {
    std::string bytes(count, '\0');
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    return bytes;
  }

  TemporaryDirectory directory;
  UserId alice_id = add_user("alice");
  UserId bob_id = add_user("bob");
  std::unique_ptr<TestClient> alice = log_in("alice");
  std::unique_ptr<TestClient> bob = log_in("bob");
};

}  // namespace talkbeat::msg_server_test
