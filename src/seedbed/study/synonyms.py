"""What PyTorch, Keras and scikit-learn call the keys and choices of a study, and which keys of theirs it lacks."""

from __future__ import annotations

import re

# Key: how it is written in its table, and its other names.
KEYS = {
    "name": ('name = "my/study"', "title project experiment study_name run_name"),
    "description": ('description = "What matters?"', "question notes comment"),
    "data": ("[data]", "dataset datasets"),
    "model": ("[model]", "network net architecture estimator"),
    "training": ("[training]", "train trainer fit optimization optimisation hyperparameters"),
    "ablate": ("[ablate]", "ablation ablations vary sweep search"),
    "grid": ("[grid]", "param_grid search_space grid_search parameters"),
    "variant": ("[[variant]]", "variants"),
    "hypothesis": ("[[hypothesis]]", "hypotheses claims"),
    "quick": ("[quick]", "fast debug smoke"),
    "data.source": ('source = "table"', "type kind loader dataset_name"),
    "data.path": (
        'path = "data.csv"',
        "file filename file_path filepath data_path csv csv_file root dir data_dir folder",
    ),
    "data.target": (
        'target = "price"',
        "label labels y target_column label_column output outputs response class_column",
    ),
    "data.features": (
        'features = ["width", "height"]',
        "x inputs input_columns feature_columns columns feature_names predictors usecols",
    ),
    "data.exclude": ('exclude = ["id"]', "drop drop_columns ignore exclude_columns id_column index_col"),
    "data.missing": (
        'missing = "impute"',
        "fillna impute imputer imputation na na_values missing_values nan",
    ),
    "data.dates": ('dates = { day = "%d.%m.%Y" }', "parse_dates date_columns date_format"),
    "data.decimal": ('decimal = ","', "decimal_separator decimal_mark decimal_point"),
    "data.thousands": ('thousands = "."', "thousands_separator"),
    "data.encoding": ('encoding = "latin-1"', "charset codec"),
    "data.separator": ('separator = ";"', "sep delimiter"),
    "data.where": ('where = "price > 0"', "filter query condition subset"),
    "data.split": (
        "split = [0.8, 0.1, 0.1]",
        "test_size train_size val_size valid_size validation_size validation_split validation_fraction test_fraction "
        "train_fraction val_fraction val_split test_split train_split holdout",
    ),
    "data.split.folds": (
        "split = { folds = 5, fold = 0 }",
        "n_splits cv k_fold kfold k_folds n_folds cross_validation",
    ),
    "data.stratify": ("stratify = true", "stratified"),
    "data.scale": (
        'scale = "standard"',
        "scaler scaling normalize normalise normalization normalisation standardize standardise standardization "
        "preprocessing preprocess rescale",
    ),
    "data.powers": ("powers = 2", "degree polynomial_features poly_degree"),
    "data.samples": ("samples = 1000", "n_samples num_samples n_points"),
    "data.noise": ("noise = 0.1", "noise_std sigma noise_level"),
    "data.domain": ("domain = [0, 1]", "range interval bounds xlim"),
    "data.expression": ('expression = "sin(x)"', "function formula equation func"),
    "data.size": ("size = 32", "image_size img_size resize target_size"),
    "model.kind": ('kind = "mlp"', "type model_type architecture_name estimator_type"),
    "model.hidden": (
        "hidden = [100, 100]",
        "hidden_layer_sizes layers hidden_layers hidden_sizes hidden_size hidden_dim hidden_dims hidden_units units "
        "n_hidden num_layers n_layers num_hidden_layers neurons width",
    ),
    "model.activation": (
        'activation = "relu"',
        "activation_function activation_fn act act_fn nonlinearity hidden_activation",
    ),
    "model.norm": (
        'norm = "batch"',
        "batch_norm use_batch_norm use_bn bn batch_normalization norm_layer normalization normalisation",
    ),
    "model.dropout": (
        "dropout = 0.2",
        "dropout_rate drop_rate drop_prob dropout_p dropout_prob p_dropout drop p",
    ),
    "model.init": (
        'init = "xavier_normal"',
        "initializer initialiser initialization kernel_initializer weight_init init_method",
    ),
    "model.init_std": ("init_std = 0.01", "initializer_range init_scale"),
    "model.blocks": ("blocks = [{ filters = 16 }]", "conv_layers convolutions conv conv_blocks"),
    "model.blocks.filters": ("blocks = [{ filters = 16 }]", "channels out_channels n_filters num_filters"),
    "model.blocks.kernel": ("blocks = [{ filters = 16, kernel = 3 }]", "kernel_size filter_size"),
    "model.blocks.pool": (
        'blocks = [{ filters = 16, pool = "max" }]',
        "pooling pool_size pool_type max_pool max_pooling",
    ),
    "model.depth": ("depth = 20", "n_layers num_layers layers"),
    "model.widths": ("widths = [16, 32, 64]", "channels stages base_width width"),
    "training.loss": ('loss = "cross_entropy"', "criterion loss_function loss_fn objective cost"),
    "training.class_weight": (
        'class_weight = "balanced"',
        "class_weights sample_weight sample_weights pos_weight",
    ),
    "training.optimizer": (
        'optimizer = "adam"',
        "optim optimiser solver opt algorithm adam adamw sgd rmsprop adagrad",
    ),
    "training.lr": (
        "lr = 0.01",
        "learning_rate learning_rate_init eta eta0 base_lr initial_lr init_lr max_lr rate step_size",
    ),
    "training.momentum": ("momentum = 0.9", "mom"),
    "training.nesterov": ("nesterov = true", "nesterovs_momentum use_nesterov"),
    "training.betas": ("betas = [0.9, 0.999]", "beta_1 beta_2 beta1 beta2"),
    "training.weight_decay": (
        "weight_decay = 0.0001",
        "l2 l2_reg l2_regularization reg_lambda lambda alpha kernel_regularizer regularization regularisation decay wd "
        "penalty",
    ),
    "training.l1": ("l1 = 0.0001", "l1_reg l1_ratio l1_regularization lasso"),
    "training.clip_norm": (
        "clip_norm = 1.0",
        "clipnorm grad_clip gradient_clip gradient_clipping max_grad_norm clip clip_grad gradient_clip_val "
        "clip_grad_norm",
    ),
    "training.batch_size": (
        "batch_size = 32",
        "batch minibatch minibatch_size mini_batch mini_batch_size bs train_batch_size per_device_train_batch_size",
    ),
    "training.epochs": (
        "epochs = 100",
        "n_epochs num_epochs max_epochs nb_epoch num_train_epochs epoch max_iter n_iter",
    ),
    "training.steps": (
        "steps = 1000",
        "n_steps num_steps max_steps iterations n_iterations num_iterations updates",
    ),
    "training.schedule": (
        'schedule = { kind = "cosine" }',
        "scheduler lr_scheduler lr_schedule learning_rate_schedule lr_scheduler_type schedule_type lr_decay",
    ),
    "training.schedule.warmup": (
        'schedule = { kind = "cosine", warmup = 5 }',
        "warmup warmup_steps warmup_epochs num_warmup_steps",
    ),
    "training.schedule.factor": (
        'schedule = { kind = "step", every = 10, factor = 0.1 }',
        "gamma decay_rate decay_factor",
    ),
    "training.schedule.every": (
        'schedule = { kind = "step", every = 10, factor = 0.1 }',
        "step_size decay_steps lr_step_size",
    ),
    "training.schedule.milestones": (
        'schedule = { kind = "multi_step", milestones = [30, 60] }',
        "boundaries drops",
    ),
    "training.schedule.floor": (
        'schedule = { kind = "cosine", floor = 0.01 }',
        "eta_min min_lr end_learning_rate minimum_lr lr_min",
    ),
    "training.schedule.pct_start": ('schedule = { kind = "one_cycle", pct_start = 0.3 }', "warmup_ratio"),
    "training.schedule.per": ('schedule = { kind = "cosine", per = "step" }', "interval unit"),
    "training.stop.patience": (
        "stop = { patience = 10 }",
        "patience early_stopping early_stop earlystopping stopping stop_early early_stopping_rounds "
        "early_stopping_patience n_iter_no_change",
    ),
    "training.stop.min_delta": ("stop = { patience = 10, min_delta = 0.001 }", "min_delta min_improvement"),
    "training.stop.tolerance": ("stop = { tolerance = 0.0001 }", "tol tolerance"),
    "training.stop.seconds": ("stop = { seconds = 60 }", "timeout time_limit max_time"),
    "training.keep_best": (
        "keep_best = true",
        "restore_best_weights save_best save_best_only load_best_model_at_end checkpoint",
    ),
    "training.eval_every": (
        "eval_every = 10",
        "eval_steps eval_interval validation_freq check_val_every_n_epoch eval_freq",
    ),
    "training.augment": (
        "augment = { crop = 4, flip = true }",
        "augmentation augmentations data_augmentation transform transforms",
    ),
    "training.augment.crop": ("augment = { crop = 4 }", "random_crop"),
    "training.augment.flip": ("augment = { flip = true }", "horizontal_flip random_flip hflip"),
    "training.label_smoothing": ("label_smoothing = 0.1", "smoothing label_smooth"),
    "study.seeds": (
        "seeds = 10",
        "seeds n_seeds num_seeds repeats n_repeats runs n_runs trials n_trials repetitions",
    ),
    "study.seed": ("seed = 0", "seed random_state random_seed manual_seed rng_seed"),
    "study.vary_seeds": (
        'vary_seeds = ["init", "order", "split"]',
        "vary_seed cross_seeds crossed_seeds seed_sources sources_of_variation",
    ),
    "study.metric": ('metric = "val.mse"', "metric metrics scoring monitor score eval_metric"),
    "study.direction": ('direction = "max"', "direction mode goal greater_is_better"),
}

# Choice: its other names.
CHOICES = {
    "table": "csv tsv parquet arrow feather file dataframe pandas tabular",
    "images": "folder imagefolder image_folder image_directory pictures",
    "npz": "numpy np npy",
    "cifar10": "cifar",
    "mlp": "dense dnn nn neural_network feedforward fully_connected sequential mlpclassifier mlpregressor perceptron",
    "linear": "linear_regression linearregression ols least_squares ridge lasso",
    "logistic": "logistic_regression logisticregression logit softmax_regression",
    "cnn": "convnet conv convolutional conv2d",
    "relu": "rectifier relu6",
    "leaky_relu": "leakyrelu prelu elu",
    "gelu": "swish silu mish",
    "identity": "none linear",
    "sigmoid": "logistic",
    "batch": "batch_norm batchnorm bn batchnorm1d batchnorm2d batch_normalization",
    "xavier_normal": "xavier glorot glorot_normal",
    "xavier_uniform": "glorot_uniform",
    "kaiming_normal": "kaiming he he_normal",
    "kaiming_uniform": "he_uniform",
    "normal": "random_normal gaussian truncated_normal",
    "max": "maxpool maxpool2d max_pool max_pooling maximize maximise higher greater",
    "avg": "average mean avgpool avgpool2d avg_pool average_pooling",
    "min": "minimize minimise lower less",
    "standard": "standardize standardise standard_scaler standardscaler z_score zscore normalize normalise",
    "minmax": "minmax_scaler minmaxscaler",
    "mse": "mean_squared_error neg_mean_squared_error mseloss l2 squared_error squared",
    "mae": "mean_absolute_error neg_mean_absolute_error l1 l1loss absolute_error",
    "huber": "smooth_l1 smoothl1loss huberloss huber_loss",
    "bce": "binary_cross_entropy binary_crossentropy bceloss bcewithlogits bcewithlogitsloss",
    "cross_entropy": "categorical_crossentropy sparse_categorical_crossentropy crossentropyloss softmax nll nllloss "
    "log_loss logloss ce",
    "adam": "nadam adamax radam amsgrad",
    "sgd": "momentum nesterov gradient_descent gd",
    "step": "steplr step_decay batch iteration",
    "multi_step": "multisteplr piecewise piecewise_constant",
    "exponential": "exponentiallr exponential_decay",
    "cosine": "cosineannealinglr cosine_annealing cosine_decay cosine_with_restarts cosineannealingwarmrestarts",
    "polynomial": "polynomiallr poly polynomial_decay linear linearlr linear_decay",
    "plateau": "reducelronplateau reduce_on_plateau reduce_lr_on_plateau adaptive",
    "one_cycle": "onecyclelr onecycle 1cycle",
    "balanced_accuracy": "balanced_accuracy_score bac uar macro_recall",
    "auc": "roc_auc roc_auc_score auroc roc area_under_curve",
    "accuracy": "acc accuracy_score categorical_accuracy binary_accuracy",
    "macro_f1": "f1 f1_score f1_macro fscore",
    "r2": "r2_score rsquared r_squared",
    "rmse": "root_mean_squared_error neg_root_mean_squared_error",
    "mape": "mean_absolute_percentage_error neg_mean_absolute_percentage_error",
    "max_error": "neg_max_error",
    "log_loss": "neg_log_loss",
}

# What has no key, and why.
NO_KEY = {
    "only networks are trained; [model] has kind = linear, logistic, mlp, cnn or resnet": (
        "n_estimators max_depth min_samples_split min_samples_leaf n_neighbors subsample colsample_bytree num_leaves"
    ),
    "it is an option of `seedbed run`, not part of a study; see `seedbed run --help`": (
        "device engine backend precision gpu cuda dtype accelerator amp mixed_precision"
    ),
    "batches are always shuffled in every epoch; leave it out": "shuffle",
    "the last, smaller batch of an epoch is always used; leave it out": "drop_last",
    "it is fixed; leave it out": "eps epsilon",
    "every layer has a bias; leave it out": "fit_intercept bias use_bias intercept",
    "convolutions keep the size of an image, and pool halves it; leave it out": "padding stride strides dilation",
    "it follows from the data; leave it out": (
        "num_classes n_classes output_size output_dim out_features input_size input_dim in_features input_shape"
    ),
    "a study runs on all cores and shows its progress; leave it out": "num_workers n_jobs verbose workers",
}


def plain(word: str) -> str:
    """A word without what languages write differently: learning_rate, learning-rate and LearningRate are one."""
    return re.sub(r"[\W_]", "", word).casefold()


def _by_name(table: dict[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for ours, others in table.items():
        for other in others.split():
            names.setdefault(plain(other), []).append(ours)
    return names


_KEYS = _by_name({key: others for key, (_, others) in KEYS.items()})
_CHOICES = _by_name(CHOICES)
_NO_KEY = _by_name(NO_KEY)


def keys_called(word: str) -> list[str]:
    """The dotted keys that have this other name."""
    return _KEYS.get(plain(word), [])


def choices_called(word: str) -> list[str]:
    """The choices that have this other name."""
    return _CHOICES.get(plain(word), [])


def why_no_key(word: str) -> str | None:
    """Why a study has no such key, where other tools have one."""
    return next(iter(_NO_KEY.get(plain(word), [])), None)


def written(key: str) -> str:
    """Where and how a key is written: in [data] write split = [0.8, 0.1, 0.1]."""
    line, _ = KEYS[key]
    table, dot, _ = key.partition(".")
    return f"in [{table}] write {line}" if dot else f"write {line}"


def table_written(key: str, value: object) -> str | None:
    """An example of how a table is written, where only `value`, its kind or its number, is given."""
    for tag in (f"{key}.kind", f"{key}.source"):
        if tag in KEYS:
            return written(tag)
    last = key.rpartition(".")[2]
    lines = [line for line, _ in KEYS.values() if line.startswith(f"{last} = {{")]
    if not lines:
        return None
    if isinstance(value, str):
        quoted = f'"{value}"'
        return f"write {next((line for line in lines if quoted in line), lines[0])}"
    given = re.sub("[0-9]+", str(value), lines[0], count=1) if isinstance(value, int) else lines[0]
    return f"write {given}"
