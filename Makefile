# 治本：make 不带参数列出全部命令。只需要 Python ≥ 3.11、Node ≥ 20 和 make。
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
ZHIBEN := .venv/bin/zhiben
PY := .venv/bin/python
OCR ?=

.PHONY: help setup run test story manual lint lint-code lint-types lint-imports lint-settings lint-docs lint-frontend check bench \
	soak docs format bundle clean

help:  ## 列出全部命令
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## 准备环境：Python 依赖、前端（加 OCR=1 可识别扫描件）
	@$(PYTHON) bootstrap.py $(if $(OCR),--ocr)

run: setup  ## 启动演示系统，打印网址和演示账号；按 Ctrl-C 停止
	@ZHIBEN_DEMO=1 $(ZHIBEN) run

test: setup  ## 运行全部测试（有 PostgreSQL 时两种数据库都跑）
	@$(PY) tests/suite.py

story: setup  ## 只走一遍浏览器里的完整故事，截图放在 .artifacts/
	@$(PY) tests/suite.py tests/browser

manual: setup  ## 重新拍用户手册的图（docs/manual/images/），每张都要看过
	@ZHIBEN_MANUAL=1 $(PY) tests/suite.py tests/browser/test_story.py tests/browser/test_doors.py tests/browser/test_hazards.py

lint: lint-code lint-types lint-imports lint-settings lint-docs lint-frontend  ## 静态检查：代码、格式、类型、分层、迁移、部署设置、生成的文档

lint-code: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

lint-types: setup
	$(PY) -m mypy zhiben

lint-imports: setup
	.venv/bin/lint-imports --no-logo

lint-settings: setup
	ZHIBEN_DEMO=1 $(ZHIBEN) makemigrations --check --dry-run
	DATABASE_URL=postgresql://zhiben@db.example/zhiben ZHIBEN_HOSTS=zhiben.example.gov.cn ZHIBEN_HTTPS=1 ZHIBEN_BEHIND_PROXY=1 \
		ZHIBEN_SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(48))') \
		$(ZHIBEN) check --deploy --fail-level WARNING

lint-docs: setup
	ZHIBEN_DEMO=1 $(ZHIBEN) docs --check

lint-frontend: setup
	cd frontend && npm run --silent check

check: lint test  ## 提交前的全部检查：lint 加 test

bench: setup  ## 测量性能，每个数字一行 JSON（数据生成一次，缓存在 .bench/）
	@$(PY) -m tests.bench

soak: setup  ## 长时间的耐久测试，不在 test 之内
	@$(PY) tests/suite.py -m soak

docs: setup  ## 重新生成 docs/generated/（状态图、角色权限表、模块图）
	@ZHIBEN_DEMO=1 $(ZHIBEN) docs

format: setup  ## 整理代码格式
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bundle: setup  ## 做一个离线安装包 dist/…tar.gz，供没有互联网的服务器使用（OCR=1 含扫描件识别）
	@OCR=$(OCR) $(PY) tools/bundle.py

clean:  ## 删除环境和构建结果（不动 var/ 里的数据）
	rm -rf .venv .bench .artifacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		frontend/node_modules zhiben/core/web/static/build
